/** Colours reach a contrast of 7:1 in light and in dark (WCAG 2.2, 1.4.6); nothing is said by colour alone. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --back: #ffffff; --code: #f1f3f5; --link: #0b4a8f; --line: #c4cad0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8eaed; --back: #14171a; --code: #22272c; --link: #9cc9ff; --line: #4a525a; }
}
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 44rem; background: var(--back); color: var(--text);
  font: 1.0625rem/1.6 system-ui, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
a { color: var(--link); }
a:focus-visible, pre:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code, pre { font: .9375rem/1.6 ui-monospace, monospace; background: var(--code); border-radius: .25rem; }
code { padding: .1rem .3rem; overflow-wrap: anywhere; }
pre { padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); }
pre code { padding: 0; }
`;
