import { expect, it } from '@jest/globals';
import { ContractViolation } from '@entrepot/contracts';
import { OciError } from '@entrepot/oci';
import { BusUnavailable, PeerFailure, PeerRefusal, PeerUnavailable } from '../bus/bus-errors.js';
import type { MessageClient } from '../bus/message-client.js';
import { beat, echo, unanswered } from './echo.contract.js';
import { guarded, heardEpochs } from './echo.controller.js';
import { eventually } from './eventually.js';

/** What holds however the answerer is reached. Run it where an `EchoController` listens. */
export function itCarriesMessages(client: () => MessageClient): void {
  const failing = (mood: string): Promise<unknown> =>
    client()
      .ask(echo, { text: 'me', mood })
      .then(
        () => {
          throw new Error('was answered');
        },
        (error: unknown) => error,
      );

  it('carries a question to its handler, through Nest’s guards, and the answer back', async () => {
    const before = guarded;
    expect(await client().ask(echo, { text: 'héllo' })).toEqual({ text: 'héllo', length: 5 });
    expect(guarded).toBe(before + 1);
  });

  it('keeps many answers apart', async () => {
    const texts = Array.from({ length: 200 }, (_, i) => `text ${i}`);
    const answers = await Promise.all(texts.map((text) => client().ask(echo, { text })));
    expect(answers.map((answer) => answer.text)).toEqual(texts);
  });

  it('throws an OciError of the handler as an OciError, headers included', async () => {
    const denied = await failing('denied');
    expect(denied).toBeInstanceOf(OciError);
    expect(denied).toMatchObject({ code: 'DENIED', status: 403, message: 'not for me' });
    expect(await failing('busy')).toMatchObject({ code: 'TOOMANYREQUESTS', headers: { 'retry-after': '7' } });
  });

  it('tells that the peer’s environment failed, without its words', async () => {
    const error = await failing('database');
    expect(error).toBeInstanceOf(PeerUnavailable);
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', status: 503, retryable: true, retryAfterSeconds: 1 });
    expect(String(error)).not.toContain('secret');
  });

  it('tells a refusal with its code and message', async () => {
    const error = await failing('refused');
    expect(error).toBeInstanceOf(PeerRefusal);
    expect(error).toMatchObject({ code: 'NO_SUCH_THING', status: 400, message: 'no such thing' });
  });

  it('says nothing about a bug', async () => {
    const error = await failing('bug');
    expect(error).toBeInstanceOf(PeerFailure);
    expect(String(error)).not.toContain('secret');
  });

  it('validates the request before the handler sees it, and the reply', async () => {
    const request = client().ask(echo, { text: 7 } as never);
    await expect(request).rejects.toBeInstanceOf(ContractViolation);
    await expect(request).rejects.toMatchObject({ contract: 'spec-echo.echo.v1 request' });
    expect(await failing('liar')).toMatchObject({ contract: 'spec-echo.echo.v1 reply' });
  });

  it('knows at once when nobody answers', async () => {
    const asked = client().ask(unanswered, { text: 'hello' });
    await expect(asked).rejects.toBeInstanceOf(BusUnavailable);
    await expect(asked).rejects.toMatchObject({ reason: 'no-responders', status: 503, retryable: true });
  });

  it('gives up at the deadline, or when it is told to', async () => {
    const late = client().ask(echo, { text: 'a', mood: 'slow' }, { deadlineMs: 20 });
    await expect(late).rejects.toMatchObject({ name: 'BusUnavailable', reason: 'deadline' });
    const control = new AbortController();
    const aborted = client().ask(echo, { text: 'a', mood: 'slow' }, { signal: control.signal });
    setTimeout(() => control.abort(new Error('the client went away')), 20);
    await expect(aborted).rejects.toThrow('the client went away');
  });

  it('tells announcements to handlers and to listeners of this process', async () => {
    const heard: number[] = [];
    const stop = client().hear(beat, (data) => heard.push(data.epoch));
    const epoch = Math.floor(Math.random() * 1e9);
    await eventually(() => {
      client().announce(beat, { epoch });
      return heard.includes(epoch) && heardEpochs.includes(epoch);
    });
    stop();
    client().announce(beat, { epoch: epoch + 1 });
    await eventually(() => heardEpochs.includes(epoch + 1));
    expect(heard).not.toContain(epoch + 1);
  });

  it('refuses to announce what is not the announcement’s, and survives a failing hearer', async () => {
    expect(() => client().announce(beat, { epoch: 'soon' } as never)).toThrow(ContractViolation);
    client().announce(beat, { epoch: -1 });
    expect(await client().ask(echo, { text: 'still here' })).toMatchObject({ length: 10 });
  });
}
