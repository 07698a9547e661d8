// One row of the table for several pictures. It opens: the picture and its answer in full stand beneath it.
import { Panel } from './panel.js';

const THUMBNAIL = 96; // pixels, about twice what the style sheet shows

let rows = 0; // so that the part that opens has an id of its own

export class Row {
  /** cells: the text of each column by its name. show(panel) fills a panel with the answer, of which seen is a part. */
  constructor(section, file, cells, show, seen) {
    this.file = file;
    this.line = document.createElement('tr');
    this.detail = Object.assign(document.createElement('tr'), { className: 'detail', hidden: true, id: `row-${rows++}` });
    this.button = Object.assign(document.createElement('button'), { type: 'button', className: 'open' });
    const name = Object.assign(document.createElement('span'), { textContent: file.name });
    const picture = Object.assign(document.createElement('span'), { className: 'thumbnail' });
    this.button.append(picture, name);
    this.button.setAttribute('aria-controls', this.detail.id);
    this.button.setAttribute('aria-expanded', 'false');
    this.button.addEventListener('click', () => (this.detail.hidden ? this.#open(section, show) : this.close()));
    const heading = Object.assign(document.createElement('th'), { scope: 'row' });
    heading.append(this.button);
    this.line.append(heading);
    for (const [column, text] of Object.entries(cells)) {
      const cell = Object.assign(this.line.insertCell(), { textContent: text });
      cell.dataset.of = column;
    }
    thumbnail(file, seen).then((found) => found && picture.replaceWith(found));
  }

  #open(section, show) {
    const cell = this.detail.insertCell();
    cell.colSpan = this.line.cells.length;
    this.image = Object.assign(new Image(), { alt: 'The picture given', src: URL.createObjectURL(this.file) });
    this.image.addEventListener('error', () => this.image.remove()); // not a format that the browser can show
    const answer = section.querySelector('.answer').cloneNode(true);
    for (const spoken of answer.querySelectorAll('[role]')) spoken.removeAttribute('role'); // it is read on demand
    const both = Object.assign(document.createElement('div'), { className: 'both' });
    both.append(this.image, answer);
    cell.append(both);
    show(new Panel(section, answer));
    this.detail.hidden = false;
    this.button.setAttribute('aria-expanded', 'true');
  }

  close() {
    if (this.detail.hidden) return;
    URL.revokeObjectURL(this.image.src);
    this.detail.replaceChildren();
    this.detail.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
  }
}

/** Return a small copy of the picture or, if this browser cannot decode it, the picture as the model sees it. */
async function thumbnail(file, seen) {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null);
  if (!bitmap) return seen ? Object.assign(new Image(), { className: 'thumbnail', alt: '', src: seen }) : null;
  const scale = Math.min(1, THUMBNAIL / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(scale * side)));
  const canvas = Object.assign(document.createElement('canvas'), { className: 'thumbnail', width, height });
  canvas.setAttribute('aria-hidden', 'true');
  const pen = canvas.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return canvas;
}
