import { Controller } from '@nestjs/common';
import {
  imageCreated,
  imageDeleted,
  type ImagePulledFact,
  imagePullDenied,
  imagePulled,
  imagePushDenied,
  imagePushed,
  loginDenied,
  loginSucceeded,
  manifestDeleted,
  type ManifestDeletedFact,
  type RefusedFact,
  repositoryCreated,
  repositoryDeleted,
  tagDeleted,
} from '@entrepot/contracts';
import { type FactEvent, OnFact } from '@entrepot/platform-messaging';
import { FactCounter } from './fact-counter.js';

const BY_METRICS = { consumer: 'metrics' };

/** Which fact counts as what. */
@Controller()
export class FactsHandler {
  constructor(private readonly counter: FactCounter) {}

  @OnFact(imagePulled, BY_METRICS)
  pulled(event: FactEvent<ImagePulledFact>): Promise<void> {
    return this.counter.add(event, 'image.pull.count', aggregated(event.data));
  }

  @OnFact(imagePullDenied, BY_METRICS)
  pullDenied(event: FactEvent<RefusedFact>): Promise<void> {
    return this.counter.add(event, 'image.denied_pull.count', aggregated(event.data));
  }

  @OnFact(imagePushed, BY_METRICS)
  pushed(event: FactEvent<unknown>): Promise<void> {
    return this.counter.add(event, 'image.push.count');
  }

  @OnFact(imagePushDenied, BY_METRICS)
  pushDenied(event: FactEvent<RefusedFact>): Promise<void> {
    return this.counter.add(event, 'image.denied_push.count', aggregated(event.data));
  }

  @OnFact(tagDeleted, BY_METRICS)
  tagDeleted(event: FactEvent<unknown>): Promise<void> {
    return this.counter.add(event, 'tag.deleted.count');
  }

  /** One with tags is counted by the fact of each of them. */
  @OnFact(manifestDeleted, BY_METRICS)
  async manifestDeleted(event: FactEvent<ManifestDeletedFact>): Promise<void> {
    if (event.data.tags.length === 0) await this.counter.add(event, 'tag.deleted.count');
  }

  @OnFact(imageCreated, BY_METRICS)
  imageCreated(event: FactEvent<unknown>): Promise<void> {
    return this.counter.add(event, 'image.created.count');
  }

  @OnFact(imageDeleted, BY_METRICS)
  imageDeleted(event: FactEvent<unknown>): Promise<void> {
    return this.counter.add(event, 'image.deleted.count');
  }

  @OnFact(loginSucceeded, BY_METRICS)
  loggedIn(event: FactEvent<unknown>): Promise<void> {
    return this.counter.add(event, 'login.count');
  }

  @OnFact(loginDenied, BY_METRICS)
  loginDenied(event: FactEvent<unknown>): Promise<void> {
    return this.counter.add(event, 'denied_login.count');
  }

  @OnFact(repositoryCreated, BY_METRICS)
  repositoryCreated(event: FactEvent<unknown>): Promise<void> {
    return this.counter.add(event, 'repository.created.count');
  }

  @OnFact(repositoryDeleted, BY_METRICS)
  repositoryDeleted(event: FactEvent<unknown>): Promise<void> {
    return this.counter.add(event, 'repository.deleted.count');
  }
}

function aggregated({ count, lastAt }: { count: number; lastAt: string }): { count: number; at: Date } {
  return { count, at: new Date(lastAt) };
}
