import { createClient, isAmeideError } from "@ameideio/ameide-sdk-ts";
import { ThreadsService } from "@ameideio/ameide-sdk-ts/threads/v1";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/web";

const { api = "", tenant = "" } = document.documentElement.dataset;
const transport = createAmeideTransport({ baseUrl: api, allowInsecureLoopback: true, tenant });
const threads = createClient(ThreadsService, transport);

const form = find("form");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const title = find("input").value;
  void tell(async () => {
    await threads.createThread({ title });
    await list();
  });
});
void tell(list);

async function list(): Promise<void> {
  const { threads: all } = await threads.listThreads({ pageSize: 50 });
  const items = all.map(({ title }) => {
    const item = document.createElement("li");
    item.textContent = title;
    return item;
  });
  find("ul").replaceChildren(...items);
}

/** Shows why an action failed, in the SDK's words. */
async function tell(action: () => Promise<void>): Promise<void> {
  const output = find("output");
  try {
    await action();
    output.textContent = "";
  } catch (error) {
    const why = isAmeideError(error) ? error.explanation : undefined;
    output.textContent = why ?? String(error);
  }
}

function find<K extends keyof HTMLElementTagNameMap>(name: K): HTMLElementTagNameMap[K] {
  const found = document.querySelector(name);
  if (found === null) {
    throw new Error(`the page has no ${name}`);
  }
  return found;
}
