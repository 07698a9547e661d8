// The picture asked about, where it was dropped or over the place to draw.
export class Given {
  constructor(section) {
    this.image = section.querySelector('.given');
    this.image.addEventListener('error', () => this.hide()); // no picture that the browser knows
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
