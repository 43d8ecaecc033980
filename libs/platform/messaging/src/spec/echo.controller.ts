import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, type CanActivate, Injectable, UseGuards } from '@nestjs/common';
import { oci } from '@entrepot/oci';
import { DatabaseUnavailable } from '@entrepot/platform-persistence';
import { CallerError } from '@entrepot/platform-observability';
import { Answers } from '../bus/answers.decorator.js';
import { Hears } from '../bus/hears.decorator.js';
import { beat, echo, type EchoReply, type EchoRequest, type EpochBeat } from './echo.contract.js';

/** Epochs that controllers of this process heard, over all instances. */
export const heardEpochs: number[] = [];
export let guarded = 0;

@Injectable()
class CountingGuard implements CanActivate {
  canActivate(): boolean {
    guarded += 1;
    return true;
  }
}

/** Answers in every mood, for specs of the transports. */
@Controller()
export class EchoController {
  @Answers(echo)
  @UseGuards(CountingGuard)
  async echo(request: EchoRequest): Promise<EchoReply> {
    const { text, mood } = request;
    if (mood === 'slow') await sleep(300);
    if (mood === 'denied') throw oci.denied(`not for ${text}`);
    if (mood === 'busy') throw oci.tooManyRequests('later', 7);
    if (mood === 'database') throw new DatabaseUnavailable('secret host name');
    if (mood === 'refused') throw new CallerError('no such thing', { code: 'NO_SUCH_THING' });
    if (mood === 'bug') throw new TypeError('secret of the inside');
    if (mood === 'liar') return { text: 7 } as never;
    if (mood === 'huge') return { text: 'x'.repeat(9 * 1024 * 1024), length: 0 };
    return { text, length: text.length };
  }

  @Hears(beat)
  onBeat(data: EpochBeat): void {
    if (data.epoch < 0) throw new Error('a failing hearer');
    heardEpochs.push(data.epoch);
  }
}
