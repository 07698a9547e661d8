// One model is shown at a time: the one that the address names after its #, else the first.
const sections = [...document.querySelectorAll('.model')];

export function chosen() {
  const name = decodeURIComponent(location.hash.slice(1));
  return sections.find((section) => section.id === name) ?? sections[0];
}

export function chooseByAddress() {
  window.addEventListener('hashchange', show);
  show();
}

function show() {
  const one = chosen();
  for (const section of sections) section.hidden = section !== one;
  for (const link of document.querySelectorAll('nav a')) {
    if (decodeURIComponent(link.hash.slice(1)) === one.id) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  document.title = `${one.getAttribute('aria-label')} · mlserving`;
}
