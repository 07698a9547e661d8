// A model of pictures: one is answered in full, several fill a table.
import { ask, Refusal } from './ask.js';
import { ofPicture } from './curl.js';
import { takeChosen } from './files.js';
import { fitting } from './fitting.js';
import { latest } from './latest.js';
import { Panel } from './panel.js';
import { sketch } from './sketch.js';
import { Table } from './table.js';

export function pictures(section) {
  const { model } = section.dataset;
  const panel = new Panel(section);
  const table = new Table(section);
  const doing = latest(panel);
  let address = '';

  /** Asks about the file and shows the answer, with the picture beside it. */
  async function answer(file, signal) {
    const { picture, note } = await fitting(file);
    const form = new FormData();
    form.append('image_file', picture, 'picture');
    form.append('seen', 'true');
    const found = await ask(`/predict/${encodeURIComponent(model)}`, form, (said) => panel.tell(said), signal);
    URL.revokeObjectURL(address);
    address = URL.createObjectURL(picture);
    const noted = { ...found, note: [note, found.note].filter(Boolean).join(' ') };
    panel.show({ ...noted, given: address, curl: ofPicture(model, picture.type, file.name) });
    return noted;
  }

  async function answerAll(files, signal) {
    table.begin();
    for (const [place, file] of files.entries()) {
      table.progress(`Picture ${place + 1} of ${files.length} …`);
      try {
        table.answered(file.name, await answer(file, signal));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        panel.refuse(error.message);
        table.refused(file.name, error.message);
      }
    }
    table.progress(`${files.length} pictures`);
  }

  function begin(files) {
    table.hide();
    doing((signal) => (files.length > 1 ? answerAll(files, signal) : answer(files[0], signal)));
  }

  for (const input of section.querySelectorAll('[name=image_file]')) input.multiple = true;
  takeChosen(section);
  section.addEventListener('pictures', (event) => begin(event.detail));
  section.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
  sketch(section, (drawing) => begin([drawing]), () => doing(async () => panel.clear()));
}
