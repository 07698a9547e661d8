// Pictures that are too large for the server are made smaller here.
import { Refusal } from './request.js';

const MEGABYTE = 1e6;
const LARGEST = 30 * MEGABYTE;
const SIDES = [2000, 1400, 1000, 700, 500]; // pixels
const FORM_BYTES = 1024; // upper bound of what a form adds around a file

const maxBytes = Number(document.body.dataset.maxBytes) - FORM_BYTES;

/** Return the file's bytes, or a smaller JPEG of it with a note that says so. Throws Refusal. */
export async function fitting(file) {
  if (file.size > LARGEST) {
    throw new Refusal(`${file.name} has ${megabytes(file.size)} MB. The limit is ${megabytes(LARGEST)} MB.`);
  }
  const picture = await read(file);
  if (picture.size <= maxBytes) return { picture, note: '' };
  const bitmap = await decoded(file);
  for (const side of SIDES) {
    const smaller = await scaled(bitmap, Math.min(1, side / Math.max(bitmap.width, bitmap.height)));
    if (smaller.size <= maxBytes) return { picture: smaller, note: resized(bitmap, smaller) };
  }
  throw new Refusal(`${file.name} is too large for the server, even at ${SIDES.at(-1)} pixels.`);
}

async function read(file) {
  try {
    return new Blob([await file.arrayBuffer()], { type: file.type });
  } catch {
    throw new Refusal(`${file.name} cannot be read. It may be a folder, or it may have been moved.`);
  }
}

async function decoded(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Refusal(`${file.name} is too large to send, and this browser cannot make it smaller. Send a JPEG or PNG.`);
  }
}

async function scaled(bitmap, scale) {
  const canvas = new OffscreenCanvas(Math.round(scale * bitmap.width), Math.round(scale * bitmap.height));
  const pen = canvas.getContext('2d');
  pen.fillStyle = 'white'; // a JPEG has no transparency
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const smaller = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
  return Object.assign(smaller, { width: canvas.width, height: canvas.height });
}

const resized = (from, to) =>
  `Made smaller before sending: from ${from.width} × ${from.height} to ${to.width} × ${to.height} pixels.`;

const megabytes = (bytes) => (bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0);
