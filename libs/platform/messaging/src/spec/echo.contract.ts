import { IsInt, IsOptional, IsString } from 'class-validator';
import { defineAnnouncement, defineQuestion } from '@entrepot/contracts';

export class EchoRequest {
  @IsString() text!: string;
  /** What the answerer shall do: see the controller. */
  @IsOptional() @IsString() mood?: string;
}
export class EchoReply {
  @IsString() text!: string;
  @IsInt() length!: number;
}
export class EpochBeat {
  @IsInt() epoch!: number;
}

export const echo = defineQuestion('spec-echo.echo.v1', EchoRequest, EchoReply, { summary: 'Says the text again.' });
/** The same question, to which a second ask may be sent. */
export const echoFreely = { ...echo, again: 'freely' as const };
export const echoFenced = { ...echo, again: 'fenced' as const };
export const unanswered = defineQuestion('spec-echo.nobody.v1', EchoRequest, EchoReply, { summary: 'Nobody answers.' });
export const beat = defineAnnouncement('spec-echo.beat.v1', EpochBeat, 'The epoch.');
