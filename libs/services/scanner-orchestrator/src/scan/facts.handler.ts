import { Controller } from '@nestjs/common';
import {
  imageDeleted,
  type ImageFact,
  imagePushed,
  type ImagePushedFact,
  manifestDeleted,
  type ManifestDeletedFact,
  registryDeleted,
  type RegistryFact,
  repositoryDeleted,
  type RepositoryFact,
} from '@entrepot/contracts';
import { type FactEvent, OnFact, WriteBatcher } from '@entrepot/platform-messaging';
import type { PushedScan } from './scan.js';
import { ScanStore } from './scan.store.js';

const BY_SCANNER = { consumer: 'scanner-orchestrator' };

/** Keeps the list of what there is to scan. Each effect may be repeated, so duplicates need no inbox. */
@Controller()
export class FactsHandler {
  private readonly pushes = new WriteBatcher<PushedScan>((scans) => this.scans.pushed(scans));

  constructor(private readonly scans: ScanStore) {}

  @OnFact(imagePushed, BY_SCANNER)
  async pushed({ accountId, sequence, time, data }: FactEvent<ImagePushedFact>): Promise<void> {
    const { registryId, repositoryId, repository, imageId, image, digest, mediaType, artifactType, subject, size } =
      data;
    await this.pushes.write({
      accountId,
      registryId,
      repositoryId,
      repository,
      imageId,
      image,
      digest,
      mediaType,
      artifactType,
      subject,
      size,
      pushedAt: time,
      sequence,
    });
  }

  @OnFact(manifestDeleted, BY_SCANNER)
  async manifestDeleted({ sequence, time, data }: FactEvent<ManifestDeletedFact>): Promise<void> {
    const { registryId, imageId, digest } = data;
    await this.scans.ended({ registryId, imageId, digest, sequence, at: time });
  }

  @OnFact(imageDeleted, BY_SCANNER)
  async imageDeleted({ sequence, time, data: { registryId, imageId } }: FactEvent<ImageFact>): Promise<void> {
    await this.scans.ended({ registryId, imageId, sequence, at: time });
  }

  @OnFact(repositoryDeleted, BY_SCANNER)
  async repositoryDeleted({ time, data: { registryId, repositoryId } }: FactEvent<RepositoryFact>): Promise<void> {
    await this.scans.ended({ registryId, repositoryId, sequence: null, at: time });
  }

  @OnFact(registryDeleted, BY_SCANNER)
  async registryDeleted({ time, data: { registryId } }: FactEvent<RegistryFact>): Promise<void> {
    await this.scans.ended({ registryId, sequence: null, at: time });
  }
}
