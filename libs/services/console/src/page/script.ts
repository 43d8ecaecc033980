/** Fills the address in, and says what a browser knows better than the server: whether the way here is in the clear. */
export const SCRIPT = `
'use strict';
for (const place of document.querySelectorAll('[data-host]')) {
  if (!place.dataset.host) place.textContent = location.host;
}
for (const flag of document.querySelectorAll('[data-plain-http]')) flag.hidden = location.protocol === 'https:';
const isLoopback = /^(localhost|127(\\.\\d+){3}|\\[::1\\])$/.test(location.hostname);
document.getElementById('plain').hidden = location.protocol === 'https:' || isLoopback;
`;
