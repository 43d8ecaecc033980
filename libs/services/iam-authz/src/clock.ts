/** The present moment, as an argument of whatever depends on it. */
export type Clock = () => Date;
