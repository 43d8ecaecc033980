import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RegistryLimits } from '../image/place.store.js';

export type Visibility = 'public' | 'private';
export type RegistryState = 'Creating' | 'Running' | 'Editing' | 'Terminating' | 'Error' | 'Unknown';

/** A registry, for the control plane. The data plane's statements read the same table without it. */
@Entity('registry')
export class Registry {
  @PrimaryColumn('text', { name: 'registry_id' })
  registryId!: string;

  @Column('text', { name: 'account_id' })
  accountId!: string;

  @Column('text')
  name!: string;

  @Column('text')
  visibility!: Visibility;

  @Column('boolean', { name: 'public_repositories_allowed' })
  publicRepositoriesAllowed!: boolean;

  @Column('boolean', { name: 'create_on_push' })
  createOnPush!: boolean;

  /** Chosen at creation. Then it has keys in `registry_key`. */
  @Column('boolean')
  encrypted!: boolean;

  @Column('jsonb')
  endpoint!: Record<string, unknown>;

  @Column('jsonb')
  labels!: Record<string, string>;

  @Column('text')
  state!: RegistryState;

  @Column('jsonb')
  limits!: RegistryLimits;

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
