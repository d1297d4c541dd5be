// Keys, and times in the reader's zone. Every page works without this file.
"use strict";

(() => {
  let leaving = false;

  const byKey = (attribute, key) =>
    [...document.querySelectorAll(`[${attribute}]`)].find((one) => one.getAttribute(attribute).split(" ").includes(key));

  const writing = (target) => target instanceof Element && target.closest("textarea, select, input:not([type=checkbox])");

  // Down and up a list: the focus moves from row to row.
  function move(step) {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return false;
    const here = rows.indexOf(document.activeElement);
    const next = rows[here < 0 && step < 0 ? rows.length - 1 : Math.min(rows.length - 1, Math.max(0, here + step))];
    next.focus();
    return true;
  }

  function openSourceOfRow() {
    const row = document.activeElement.closest("[data-source]");
    if (!row) return false;
    window.open(row.dataset.source, "_blank", "noopener,noreferrer");
    return true;
  }

  function act(key) {
    if ((key === "j" && move(1)) || (key === "k" && move(-1)) || (key === "o" && openSourceOfRow())) return true;
    const field = byKey("data-focus-key", key);
    if (field) {
      field.focus();
      if (field.select) field.select();
      return true;
    }
    const target = byKey("data-click-key", key);
    if (target) target.click();
    return Boolean(target);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (event.key === "Escape" && writing(event.target)) event.target.blur();
    if (leaving || writing(event.target) || document.querySelector("dialog[open]")) return;
    if (act(event.key)) event.preventDefault();
  });

  // One verdict per page, however often the key is struck.
  document.addEventListener("submit", (event) => {
    if (leaving) event.preventDefault();
    else if (event.target.method === "post") leaving = true;
  });
  window.addEventListener("pageshow", () => { leaving = false; });

  for (const button of document.querySelectorAll("[data-opens]")) {
    button.hidden = false;
    button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
  }

  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (time.dateTime.length > 10 && !Number.isNaN(moment.valueOf())) {
      time.title = moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
    }
  }

  const all = document.querySelector("[data-checks-all]");
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of document.querySelectorAll(`input[name="${all.dataset.checksAll}"]`)) box.checked = all.checked;
    });
  }
})();
