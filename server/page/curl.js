// The curl command that repeats a request from a terminal.

export const ofRow = (model, row) =>
  `curl ${address(model)} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(row))}`;

export const ofPicture = (model, type, name) =>
  `curl ${address(model)} -H 'Content-Type: ${type}' --data-binary ${quoted(`@${name}`)}`;

/** Return a function that shows a command in this place, with a button to copy it. Without a command it is hidden. */
export function commandIn(place) {
  const [code, button] = [place.querySelector('code'), place.querySelector('.copy')];
  button.addEventListener('click', async () => {
    getSelection().selectAllChildren(code);
    if (navigator.clipboard) await navigator.clipboard.writeText(code.textContent);
    else document.execCommand('copy'); // the only way over plain HTTP
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  });
  return (command) => {
    place.hidden = !command;
    code.textContent = command;
  };
}

const address = (model) => quoted(new URL(`predict/${encodeURIComponent(model)}`, location).href);

function quoted(text) {
  return /^[\w@:/.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
