"use strict";

// Draws each [data-chart] of the page; the numbers also stand in the table beneath it.
(() => {
  const places = [...document.querySelectorAll("[data-chart]")];
  if (!places.length || typeof echarts === "undefined") return;
  const narrow = () => window.innerWidth < 576;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = new Intl.NumberFormat("zh-CN", { maximumFractionDigits: 1 });
  const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  function axes(sideways, labels) {
    const ink = colour("--soft");
    const names = {
      type: "category", data: labels, inverse: sideways, axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("--line") } },
      axisLabel: { color: ink, interval: sideways ? 0 : "auto", formatter: (text) => short(text, narrow() ? 7 : 12) },
    };
    const values = {
      type: "value", splitNumber: narrow() ? 3 : 4, minInterval: 0,
      splitLine: { lineStyle: { color: colour("--line") } },
      axisLabel: { color: ink, formatter: (value) => number.format(value) },
    };
    return sideways ? { xAxis: values, yAxis: names } : { xAxis: names, yAxis: values };
  }

  function options(chart) {
    const sideways = ["bars", "funnel", "stack"].includes(chart.kind);
    const colours = [colour("--chart-1"), colour("--chart-2")];
    const total = (at) => chart.series.reduce((sum, one) => sum + one.data[at], 0);
    const series = chart.series.map((one, place) => ({
      name: one.name, data: one.data, type: chart.kind === "line" ? "line" : "bar", barMaxWidth: sideways ? 22 : 16,
      stack: chart.kind === "stack" ? "all" : undefined, symbolSize: 7, lineStyle: { width: 2.5 },
      itemStyle: { color: colours[place], borderRadius: chart.kind === "stack" ? 0 : sideways ? [0, 3, 3, 0] : [3, 3, 0, 0] },
      label: {
        show: sideways && place === chart.series.length - 1, position: "right", color: colour("--ink"),
        formatter: (item) => number.format(chart.kind === "stack" ? total(item.dataIndex) : item.value),
      },
    }));
    return {
      animation: !still.matches, aria: { enabled: false }, textStyle: { fontFamily: "inherit" },
      grid: { left: 4, right: sideways ? 56 : 12, top: 14, bottom: 4, containLabel: true },
      ...axes(sideways, chart.labels), series,
    };
  }

  const drawn = places.map((place) => ({ place, chart: JSON.parse(place.dataset.chart), drawing: echarts.init(place) }));
  const draw = () => drawn.forEach(({ chart, drawing }) => drawing.setOption(options(chart), true));
  draw();
  const resize = () => drawn.forEach(({ drawing }) => drawing.resize());
  new ResizeObserver(resize).observe(document.querySelector("main"));
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });

  // On paper every table is open and the charts fit the page.
  const tables = [...document.querySelectorAll(".chart-table")];
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = tables.filter((table) => !table.open);
    closed.forEach((table) => { table.open = true; });
    resize();
  });
  window.addEventListener("afterprint", () => closed.forEach((table) => { table.open = false; }));
})();
