"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(byId(id).textContent);
  const AT_ONCE = 100;
  const NAMES = { "s3:ListBucket": "list", "s3:GetObject": "read", "s3:PutObject": "write", "s3:DeleteObject": "delete" };
  const { words, phrases } = read("report-words");
  let data = null;
  const report = () => (data ??= read("report-data"));

  let language = document.documentElement.lang;
  const word = (key, values = {}) =>
    words[language][key].replace(/\{([a-z]+)\}/g, (_, name) => values[name]);

  // Text is only ever set as text: nothing of the data can become markup.
  const make = (tag, className, ...children) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children.filter((child) => child !== null));
    return made;
  };

  // What would turn the direction of writing, or show nothing, is shown as its number.
  const shown = (text) =>
    String(text).replace(/[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (one) =>
      `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  let patterns = null;
  const translated = (sentence) => {
    patterns ??= phrases.map(([english, japanese]) => {
      const parts = english.split(/\{([0-9])\}/);
      const pattern = parts.map((part, number) => (number % 2 ? `(?<p${part}>.+?)` : escaped(part))).join("");
      return [new RegExp(`^${pattern}$`, "s"), japanese];
    });
    for (const [pattern, japanese] of patterns) {
      const found = pattern.exec(sentence);
      if (found) return japanese.replace(/\{([0-9])\}/g, (_, number) => found.groups[`p${number}`]);
    }
    return null;
  };

  const said = (sentence) => {
    const japanese = language === "ja" ? translated(sentence) : null;
    const made = make("span", "", shown(japanese ?? sentence));
    if (language === "ja" && japanese === null) {
      made.lang = "en";
      made.className = "only";
    }
    return made;
  };

  const last = (arn) => (arn.startsWith("arn:") ? arn.split(":").slice(5).join(":").replace(/^role\//, "") : arn);

  const question = (probe) => {
    if (language === "en") return probe.question;
    const who = [probe.principal, ...probe.assumes].map(last).join(" → ");
    let sentence = word("probes.sentence", { who, action: probe.action, resource: last(probe.resource) });
    const context = Object.entries(probe.context ?? {}).map(([key, value]) => `${key} = ${value}`);
    const ids = (probe.external_ids ?? []).filter(Boolean).map((id) => `sts:ExternalId = ${id}`);
    if (probe.sign_in) context.push(`SAML:aud = ${probe.sign_in.audience}`);
    if (context.length || ids.length)
      sentence = word("probes.sentence.context", { sentence, context: [...ids, ...context].join(", ") });
    if (probe.recreated) sentence = word("probes.sentence.recreated", { sentence, role: last(probe.recreated) });
    return sentence;
  };

  class Checks {
    constructor(number, setup) {
      this.id = `s${number}-probes`;
      this.number = number;
      this.setup = setup;
      this.list = byId(`${this.id}-list`);
      this.more = byId(`${this.id}-more`);
      this.search = byId(`${this.id}-search`);
      this.filters = document.getElementsByName(`${this.id}-filter`);
      this.texts = null;
      this.search.addEventListener("input", () => this.show());
      for (const filter of this.filters) filter.addEventListener("change", () => this.show());
      this.more.addEventListener("click", () => {
        const first = this.list.children.length;
        this.append(AT_ONCE);
        this.list.children[first]?.querySelector("summary")?.focus();
      });
    }

    get probes() {
      return report().setups[this.setup].probes;
    }

    matching() {
      const filter = [...this.filters].find((one) => one.checked).value;
      const wanted = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      this.texts ??= this.probes.map((probe) => this.searched(probe));
      return this.probes.filter((probe, number) => {
        if (filter === "allowed" && probe.answer !== "allow") return false;
        if (filter === "refused" && probe.answer !== "deny") return false;
        if (filter === "failed" && probe.as_expected) return false;
        return wanted.every((one) => this.texts[number].includes(one));
      });
    }

    searched(probe) {
      const parts = [probe.question, probe.principal, ...probe.assumes, probe.action, probe.resource, ...probe.because];
      return parts.join(" ").toLowerCase();
    }

    show(all = false) {
      this.left = this.matching();
      const values = { shown: this.left.length.toLocaleString(), total: this.probes.length.toLocaleString() };
      byId(`${this.id}-count`).textContent = this.left.length ? word("probes.count", values) : word("probes.none");
      this.list.replaceChildren();
      this.append(all ? Infinity : AT_ONCE);
    }

    append(count) {
      const some = this.left.splice(0, count);
      this.list.append(...some.map((probe) => this.row(probe)));
      this.more.hidden = !this.left.length;
    }

    row(probe) {
      const answer = word(`probes.${probe.answer}`);
      const verdict = word(probe.as_expected ? "probes.ok" : "probes.no");
      const sign = make("span", "sign", probe.as_expected ? "✓" : "✕");
      sign.setAttribute("aria-hidden", "true");
      const summary = make(
        "summary", "", sign, make("span", "answer", answer, make("span", "hidden", ` (${verdict})`)),
        make("bdi", "", shown(question(probe))));
      const details = make("details", "", summary);
      const fill = () => details.children.length > 1 || details.append(this.reasons(probe));
      details.addEventListener("toggle", () => details.open && fill());
      if (!probe.as_expected) {
        fill();
        details.open = true;
      }
      return make("li", probe.as_expected ? "" : "failed", details);
    }

    reasons(probe) {
      const rows = [
        ["probes.request", [make("code", "", shown(`${probe.action} → ${probe.resource}`))]],
        ["probes.chain", [make("code", "", shown([probe.principal, ...probe.assumes].join(" → ")))]],
      ];
      const context = Object.entries(probe.context ?? {});
      if (context.length)
        rows.push(["probes.context", context.map(([key, value]) => make("code", "", shown(`${key} = ${value} `)))]);
      rows.push(["probes.because", [...probe.because, ...(probe.notes ?? [])].map((one) => make("div", "", said(one)))]);
      return make("dl", "", ...rows.map(([key, values]) =>
        make("div", "", make("dt", "", word(key)), make("dd", "", ...values))));
    }
  }

  const checks = [];
  for (let number = 1; byId(`s${number}-probes`); number += 1) checks.push(new Checks(number, number - 1));

  // The list is made when it comes near: most readers never scroll to it.
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      checks.find((one) => one.list === entry.target).show();
    }
  }, { rootMargin: "1000px" });
  for (const one of checks) watcher.observe(one.list);

  const speak = () => {
    language = document.querySelector("input[name=language]:checked").value;
    document.documentElement.lang = language;
    document.title = words[language]["title.of"];
    for (const one of checks) if (one.texts) one.show();
  };
  for (const input of document.getElementsByName("language")) input.addEventListener("change", speak);
  // A browser may restore the choice of an earlier visit.
  speak();

  let closed = [];
  addEventListener("beforeprint", () => {
    // On paper each check is one line; the reasons of those that are not as expected are printed too.
    for (const one of checks) one.show(true);
    closed = [...document.querySelectorAll("details:not([open], .checks details, .as-text)")];
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
    for (const one of checks) one.show();
  });
})();
