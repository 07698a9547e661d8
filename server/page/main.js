// Entry point: set up each model's section, and show one at a time: the one named after # in the address, or the first.
import { catchFiles } from './files.js';
import { pictures } from './pictures.js';
import { rows } from './rows.js';

const sections = [...document.querySelectorAll('.model')];

document.documentElement.classList.add('script');
for (const section of sections) (section.dataset.input === 'row' ? rows : pictures)(section);
if (sections.length) { // the page of a refusal has no models
  window.addEventListener('hashchange', show);
  show();
  catchFiles(current);
}

function current() {
  const name = decodeURIComponent(location.hash.slice(1));
  return sections.find((section) => section.id === name) ?? sections[0];
}

function show() {
  const shown = current();
  for (const section of sections) section.hidden = section !== shown;
  for (const link of document.querySelectorAll('nav a')) {
    if (decodeURIComponent(link.hash.slice(1)) === shown.id) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  document.title = `${shown.getAttribute('aria-label')} · mlserving`;
}
