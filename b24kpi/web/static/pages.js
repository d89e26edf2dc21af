"use strict";
// Charts out of the JSON blocks of the page, deals in the portal's slider, filters that need no button, the refresh.
(() => {
  const root = document.documentElement;
  root.classList.add("with-script");
  const portal = window.parent !== window && window.BX24 ? window.BX24 : null;

  for (const form of document.querySelectorAll(".filters")) {
    form.addEventListener("change", () => form.requestSubmit());
    form.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
    });
  }
  // Not by scrollIntoView: it would also move the place where the keyboard begins.
  const here = document.querySelector(".top [aria-current]");
  if (here) {
    const list = here.closest("ul");
    list.scrollLeft = here.offsetLeft - (list.clientWidth - here.offsetWidth) / 2;
  }

  const unfold = () => {
    const target = window.location.hash && document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  window.addEventListener("hashchange", unfold);
  unfold();
  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-path]");
    if (!link || !portal || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    portal.openPath(link.dataset.path);
  });

  // Without a script the answer is a page of its own.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches(".act")) return;
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    const asked = { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } };
    const answer = await fetch(form.action, asked).catch(() => null);
    if (!answer) {
      form.submit();
      return;
    }
    if (!answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const line = form.querySelector("p") || form.appendChild(document.createElement("p"));
      line.setAttribute("role", "alert");
      line.textContent = (page.querySelector("main p") || page.querySelector("p"))?.textContent || answer.statusText;
      form.removeAttribute("aria-busy");
      return;
    }
    const made = await answer.json();
    const said = Object.assign(document.createElement(made.href ? "a" : "span"), { textContent: made.text });
    if (made.href) {
      Object.assign(said, { href: made.href, target: "_blank", rel: "noopener" });
      said.dataset.path = made.path;
    } else {
      said.tabIndex = -1;
    }
    form.replaceWith(said);
    said.focus();
  });

  const role = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  const themed = (value) => {
    if (typeof value === "string") return value.startsWith("@") ? role(value.slice(1)) : value;
    if (Array.isArray(value)) return value.map(themed);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, themed(each)]));
    }
    return value;
  };
  const draw = (place) => {
    const figure = themed(JSON.parse(document.getElementById(`figure-${place.dataset.figure}`).textContent));
    const axis = { gridcolor: role("line"), linecolor: role("line"), zerolinecolor: role("line"), fixedrange: true };
    const layout = {
      ...figure.layout,
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: role("text") },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
      xaxis: { ...axis, ...figure.layout.xaxis },
      yaxis: { ...axis, ...figure.layout.yaxis },
      separators: document.body.dataset.locale === "en" ? ".," : ",\u00a0",
      hoverlabel: { bgcolor: role("card"), font: { color: role("text") } },
    };
    window.Plotly.react(place, figure.data, layout, { displayModeBar: false, responsive: true });
    place.removeAllListeners?.("plotly_click");
    place.on?.("plotly_click", (event) => {
      const link = event.points[0]?.customdata;
      if (typeof link === "string" && link) window.location.assign(link);
    });
  };
  const drawAll = () => {
    if (window.Plotly) document.querySelectorAll("[data-figure]").forEach(draw);
  };
  document.addEventListener("DOMContentLoaded", () => {
    drawAll();
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    if (portal) portal.init(() => portal.fitWindow());
  });

  const running = document.querySelector("[data-refresh]");
  const watch = async () => {
    const answer = await fetch(running.dataset.refresh, { headers: { Accept: "application/json" } });
    const state = answer.ok ? await answer.json() : { running: false };
    if (!state.running) return window.location.reload();
    if (state.text) running.textContent = state.text;
    return setTimeout(watch, 1500);
  };
  if (running) setTimeout(watch, 1500);
})();
