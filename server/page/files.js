// Files as a person gives them: chosen, photographed, dropped anywhere on the page, or pasted.
// Each way ends in an event "pictures" at a model's part of the page, with the files as its detail.

/** Files chosen with the inputs of this part; a click where they may be dropped chooses, too. */
export function takeChosen(section) {
  const several = section.querySelector('[name=image_file]');
  several.multiple = true;
  section.querySelector('.drop')?.addEventListener('click', () => several.click());
  for (const input of section.querySelectorAll('input[type=file]')) {
    input.addEventListener('change', () => {
      give(section, [...input.files]);
      input.value = ''; // so that the same file can be chosen again
    });
  }
}

/** Files dropped or pasted go to the part that target() gives. */
export function catchFiles(target) {
  const over = (event, on) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    document.documentElement.classList.toggle('dragging', on);
  };
  document.addEventListener('dragover', (event) => over(event, true));
  document.addEventListener('dragleave', (event) => event.relatedTarget ?? over(event, false));
  document.addEventListener('drop', (event) => {
    over(event, false);
    give(target(), [...(event.dataTransfer?.files ?? [])]);
  });
  document.addEventListener('paste', (event) => give(target(), [...(event.clipboardData?.files ?? [])]));
}

function give(section, files) {
  if (files.length) section.dispatchEvent(new CustomEvent('pictures', { detail: files }));
}
