// Show a line through all panels at the pointer, and the figures of that second.
function followPointer() {
  const seconds = JSON.parse(document.getElementById("seconds").textContent);
  for (const plot of document.querySelectorAll(".plot")) {
    const needle = plot.querySelector(".needle"), readout = plot.querySelector(".readout");
    const left = Number(plot.dataset.left), right = Number(plot.dataset.right);
    const hide = () => { needle.hidden = readout.hidden = true; };
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect(), x = (event.clientX - box.left) / box.width;
      const text = seconds[Math.floor(((x - left) / (right - left)) * seconds.length)];
      if (!text) return hide();
      readout.textContent = text;
      needle.style.left = `${100 * x}%`;
      needle.hidden = readout.hidden = false;
      const overflows = (event.clientX - box.left) + readout.offsetWidth + 24 > box.width;
      readout.style.left = `${(event.clientX - box.left) + (overflows ? -readout.offsetWidth - 12 : 12)}px`;
      if (readout.offsetLeft < 0) readout.style.left = "0px";
      readout.style.top = `${Math.max(0, event.clientY - box.top - readout.offsetHeight - 12)}px`;
    });
  }
}
