// A digit is asked about while it is drawn.
import { drawable } from './drawing.js';
import { saveAs } from './save.js';

const NAME = 'digit.png';
const BETWEEN = 120; // milliseconds from one question to the next, while a stroke grows

/** Gives ask() the drawing, as a file, whenever it has changed; emptied() is called when it is cleared. */
export function sketch(section, ask, emptied) {
  const canvas = section.querySelector('.drawing');
  if (!canvas) return;
  let waiting = 0;
  const clear = drawable(canvas, () => {
    canvas.parentElement.classList.remove('blank');
    waiting ||= setTimeout(drawn, BETWEEN);
  });

  async function drawn() {
    const drawing = await png(canvas);
    if (waiting) ask(drawing); // unless it was cleared meanwhile
    waiting = 0;
  }

  function empty() {
    clearTimeout(waiting);
    waiting = 0;
    canvas.parentElement.classList.add('blank');
    clear();
  }

  section.querySelector('.clear').addEventListener('click', () => {
    empty();
    emptied();
  });
  section.querySelector('.keep').addEventListener('click', async () => saveAs(NAME, await png(canvas)));
  section.addEventListener('pictures', empty);
  clear();
}

const png = (canvas) => new Promise((resolve) => {
  canvas.toBlob((blob) => resolve(new File([blob], NAME, { type: 'image/png' })));
});
