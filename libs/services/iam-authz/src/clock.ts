/** The present moment, as an argument of whatever depends on it. */
export type Clock = () => Date;

/** Injection token of the {@link Clock}. */
export const CLOCK = Symbol('clock');
