// How clients word a refusal. Each is wide enough for every client and narrow enough to tell a refusal from a crash.

/** The secret is wrong. */
export const WRONG_SECRET = /unauthori[sz]ed|\b401\b|invalid username\/password|authentication required/i;

/** The key, or nobody, may not do this. */
export const NO_RIGHT = /denied|forbidden|unauthori[sz]ed|\b40[13]\b|insufficient|authentication required/i;

/** There is no such tag or manifest. */
export const UNKNOWN = /unknown|not found|\b404\b/i;
