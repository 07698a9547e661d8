// Files from and to the person: chosen, photographed, dropped anywhere on the page, pasted; previewed; saved.
// However files arrive, their model's section gets an event "pictures" with the files as its detail.

/** Take the files chosen with the section's inputs. A click on its drop area opens the chooser, too. */
export function takeChosen(section) {
  const several = section.querySelector('[name=image_file]');
  several.multiple = true;
  several.accept += ',image/*'; // what the server does not read is converted here
  section.querySelector('.drop')?.addEventListener('click', () => several.click());
  for (const input of section.querySelectorAll('input[type=file]')) {
    input.addEventListener('change', () => {
      give(section, [...input.files]);
      input.value = ''; // so that the same file can be chosen again
    });
  }
}

/** Take files that are dropped or pasted anywhere, for the section that target() returns. */
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

/** The picture that was sent, shown over the drop area or the drawing area. */
export class Preview {
  constructor(section) {
    this.image = section.querySelector('.given');
    this.image.addEventListener('error', () => this.hide()); // not a format that the browser can show
  }

  get isShown() {
    return !this.image.hidden;
  }

  show(file) {
    this.hide();
    this.image.src = URL.createObjectURL(file);
    this.image.hidden = false;
  }

  hide() {
    URL.revokeObjectURL(this.image.src);
    this.image.hidden = true;
  }
}

/** Download the file to the person's disk. */
export function saveAs(file) {
  const address = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href: address, download: file.name }).click();
  URL.revokeObjectURL(address);
}

function give(section, files) {
  if (files.length) section.dispatchEvent(new CustomEvent('pictures', { detail: files }));
}
