// Comfort only: every page works without this. It never looks at what is typed or pointed at.
"use strict";

// A double click must not answer twice: the second answer would meet a question that is already used.
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });
}

// How long the table still counts; then point to a new one.
const life = document.querySelector(".life[data-seconds]");
if (life) {
  const ends = performance.now() + Number(life.dataset.seconds) * 1000;
  const spoken = document.querySelector("[role=status]");
  const show = () => {
    const left = Math.ceil((ends - performance.now()) / 1000);
    if (left > 0) {
      const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      life.textContent = life.dataset.left.replace("{time}", time);
      return;
    }
    clearInterval(timer);
    life.textContent = spoken.textContent = life.dataset.gone;
    life.closest(".card").classList.add("gone");
  };
  const timer = setInterval(show, 1000);
  show();
  document.addEventListener("visibilitychange", show); // a sleeping phone stops the timer, not the time
}

// Once every service that is asked through this browser has answered, or five seconds have passed, go on.
const onward = document.querySelector("a[data-onward]");
if (onward) {
  const loaded = [...document.querySelectorAll("iframe")].map(
    (frame) => new Promise((resolve) => { frame.addEventListener("load", resolve); }));
  const patience = new Promise((resolve) => { setTimeout(resolve, 5000); });
  const ready = new Promise((resolve) => { addEventListener("load", resolve); });
  Promise.race([patience, ready, Promise.all(loaded)]).then(() => {
    if (onward.dataset.onward === "step") location.assign(onward.href); // back leads to this page again
    else location.replace(onward.href);
  });
}
