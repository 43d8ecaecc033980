import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Visibility } from '../registry/registry.entity.js';

export type RepositoryState = 'Active' | 'Editing' | 'Deleting' | 'Inactive';

/** A repository, for the control plane. The data plane's statements read the same table without it. */
@Entity('repository')
export class Repository {
  @PrimaryColumn('text', { name: 'registry_id' })
  registryId!: string;

  @PrimaryColumn('text', { name: 'repository_id' })
  repositoryId!: string;

  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  @Column('jsonb')
  labels!: Record<string, string>;

  @Column('text')
  visibility!: Visibility;

  /** The template that a new image gets a copy of. */
  @Column('jsonb')
  policies!: Record<string, unknown>;

  /** Acts on all images at once; never copied. */
  @Column('boolean')
  locked!: boolean;

  @Column('text')
  state!: RepositoryState;

  /** Images that are not deleted, kept by the statements that make and end them. */
  @Column('integer', { name: 'image_count' })
  imageCount!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'modified_at' })
  modifiedAt!: Date;

  @Column('text', { name: 'modified_by' })
  modifiedBy!: string;

  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;
}
