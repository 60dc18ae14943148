// Keys go to the terminal as soon as it is connected, without a click on it.
window.addEventListener("load", () => {
  const watch = new MutationObserver(() => {
    if (document.body.classList.contains("-loaded")) {
      watch.disconnect();
      document.querySelector("#terminal textarea").focus();
    }
  });
  watch.observe(document.body, { attributes: true });
});
