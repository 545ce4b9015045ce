// A picture that a slider turns through, and that a button plays where there is one.
for (const player of document.querySelectorAll(".turn")) {
  const picture = player.querySelector("img"), slider = player.querySelector("input");
  const label = player.querySelector("output"), button = player.querySelector("button");
  const pictures = JSON.parse(player.querySelector("script").textContent);
  let timer = 0;
  const show = () => {
    const shown = pictures[slider.value];
    picture.src = shown.source;
    picture.alt = shown.label;
    label.textContent = shown.label;
  };
  const pause = () => { clearInterval(timer); timer = 0; if (button) button.textContent = "Play"; };
  const next = () => { if (+slider.value === pictures.length - 1) { pause(); } else { slider.value = +slider.value + 1; show(); } };
  slider.addEventListener("input", () => { pause(); show(); });
  button?.addEventListener("click", () => {
    if (timer) { pause(); return; }
    if (+slider.value === pictures.length - 1) { slider.value = 0; show(); }
    button.textContent = "Pause";
    timer = setInterval(next, 80);
  });
  show();
}
