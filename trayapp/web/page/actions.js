// What a person can do about alerts and programs, as buttons that tell how it went.

import { announce, h } from "./dom.js";
import { ask, mayAct } from "./live.js";
import { t } from "./text.js";

const SNOOZES = [["snooze.15", 900], ["snooze.60", 3600], ["snooze.480", 28800], ["snooze.1440", 86400]];

/** A button that does something that takes a moment; what fails is said. */
export function actButton(label, act, kind = "button") {
  const button = h(kind, {
    type: "button",
    click: async () => {
      button.disabled = true;
      try {
        await act();
      } catch (error) {
        announce(error.message, true);
      }
      button.disabled = false;
    },
  }, label);
  return button;
}

const send = (key, what, body = {}) =>
  ask(`/api/alerts/${encodeURIComponent(key)}/${what}`, { method: "POST", body });

/** Acknowledge, snooze and resolve one incident; nothing for those who may only read. */
export function incidentButtons(incident) {
  if (!mayAct()) return [];
  const acknowledge = actButton(t("alerts.acknowledge"), async () => {
    await send(incident.key, "acknowledge");
    announce(t("alerts.acknowledged", { title: incident.title }));
  }, "button.main");
  acknowledge.update = ({ acknowledged }) => (acknowledge.hidden = acknowledged);
  const snooze = h(
    "select",
    {
      "aria-label": t("alerts.snooze"),
      change: async () => {
        try {
          await send(incident.key, "snooze", { seconds: Number(snooze.value) });
          announce(t("alerts.snoozed", { title: incident.title }));
        } catch (error) {
          announce(error.message, true);
        }
        snooze.value = "";
      },
    },
    h("option", { value: "" }, t("alerts.snooze")),
    SNOOZES.map(([key, seconds]) => h("option", { value: seconds }, t(key))),
  );
  const resolve = actButton(t("alerts.resolve"), async () => {
    await send(incident.key, "resolve");
    announce(t("alerts.resolved", { title: incident.title }));
  });
  return [acknowledge, snooze, resolve];
}

/** Ask a program to give memory back, and say what came of it. */
export function freeButton(name) {
  return actButton(t("now.free"), async () => {
    const { results } = await ask("/api/cleanup", { method: "POST", body: { targets: [name] } });
    announce(results.map((one) => one.text).join(" "));
  }, "button.quiet");
}
