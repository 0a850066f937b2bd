import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { confirm, init, proto, read, reviewIn, run, SHOP, workspace } from "./harness/workspace.js";

describe("confirm", () => {
  const policyIn = (folder: string): unknown => JSON.parse(read(folder, "ameide.policy.json"));
  const entry = {
    selectors: ["acme.shop.v1.ShopService/GetItem"],
    policy: { facts: { idempotencyLevel: "IDEMPOTENCY_LEVEL_NO_SIDE_EFFECTS" } },
  };

  it("states what is confirmed and nothing else, and takes it back", async () => {
    const folder = workspace(SHOP);
    await init(folder);
    expect((await run("confirm", "--dir", folder)).stdout).toMatch(
      /^unchanged ameide\.policy\.json\n0 of 2 methods are confirmed, 0 of them with a level\n$/,
    );
    expect(policyIn(folder)).toEqual({});
    confirm(folder, () => ({ confirmed: true }));
    expect((await run("confirm", "--dir", folder)).stdout).toBe(
      "wrote ameide.policy.json\n2 of 2 methods are confirmed, 1 of them with a level\n",
    );
    expect(policyIn(folder)).toEqual({ methods: [entry] });
    confirm(folder, () => ({ confirmed: false }));
    await run("confirm", "--dir", folder);
    expect(policyIn(folder)).toEqual({});
  });

  it("takes back what is gone, and nothing that a person wrote", async () => {
    const folder = workspace(SHOP);
    const shop = join(folder, "proto/acme/shop/v1/shop.proto");
    const levels = { GetItem: "", CreateItem: "", ListItems: "", GetOld: "" };
    writeFileSync(shop, proto("acme.shop.v1", levels));
    await init(folder);
    confirm(folder, () => ({ confirmed: true }));
    await run("confirm", "--dir", folder);
    const byHand = (method: string, policy: object = entry.policy) => ({
      selectors: [`acme.shop.v1.ShopService/${method}`],
      policy,
    });
    const { methods } = policyIn(folder) as { methods: object[] };
    expect(methods).toHaveLength(3);
    const mine = [byHand("Stated"), byHand("GetOld", { timeoutMs: 5 })];
    const text = JSON.stringify({ methods: [...methods, ...mine] });
    writeFileSync(join(folder, "ameide.policy.json"), text);
    const stated = "option idempotency_level = IDEMPOTENT;";
    writeFileSync(
      shop,
      proto("acme.shop.v1", { GetItem: "", ListItems: stated, Stated: stated, CreateItem: "" }),
    );
    const { stdout } = await init(folder, "--force");
    expect(stdout).toContain("2 declare an idempotency level; a level is suggested for 1, none");
    expect(stdout).toContain(
      "ShopService/GetOld is gone, no proto has it: ameide-manifest confirm",
    );
    const gone = reviewIn(folder).slice(2);
    expect(gone).toMatchObject([
      { method: "acme.shop.v1.ShopService/ListItems", gone: "its proto declares a level" },
      { method: "acme.shop.v1.ShopService/GetOld", gone: "no proto has it" },
    ]);
    const ran = await run("confirm", "--dir", folder);
    expect(ran.stdout).toContain("took back acme.shop.v1.ShopService/GetOld: no proto has it\n");
    expect(policyIn(folder)).toEqual({ methods: [...mine, entry] });
    expect(reviewIn(folder)).toHaveLength(2);
    await init(folder, "--force");
    expect(reviewIn(folder)).toHaveLength(2);
  });

  it("takes back what is gone where the review is lost, and nothing of other modules", async () => {
    const folder = workspace(SHOP);
    await init(folder);
    const of = (method: string) => ({ ...entry, selectors: [method] });
    const elsewhere = of("other.v1.OtherService/Get");
    const methods = [of("acme.shop.v1.ShopService/GetOld"), elsewhere];
    writeFileSync(join(folder, "ameide.policy.json"), JSON.stringify({ methods }));
    expect((await init(folder)).stdout).toContain("ShopService/GetOld is gone, no proto has it:");
    await run("confirm", "--dir", folder);
    expect(policyIn(folder)).toEqual({ methods: [elsewhere] });
  });

  it.each([
    [
      { methods: [{ ...entry, policy: { facts: { ...entry.policy.facts, key: true } } }] },
      "has an entry of yours for acme.shop.v1.ShopService/GetItem that states IDEMPOTENCY_LEVEL_NO_SIDE_EFFECTS, and the review confirms IDEMPOTENCY_LEVEL_UNKNOWN: change one of them",
    ],
    [{ methods: [null] }, "methods[0] is no entry with a list of selectors"],
    [{ methods: [{ selectors: [7] }] }, "methods[0] is no entry with a list of selectors"],
    [{ timeoutMs: 2 ** 53 }, "timeoutMs has more digits than a number keeps"],
  ])("refuses a document that it cannot add to: %j", async (document, message) => {
    const folder = workspace(SHOP);
    await init(folder);
    confirm(folder, () => ({ idempotencyLevel: "IDEMPOTENCY_LEVEL_UNKNOWN", confirmed: true }));
    const text = JSON.stringify(document);
    writeFileSync(join(folder, "ameide.policy.json"), text);
    const { code, stderr } = await run("confirm", "--dir", folder);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
    expect(read(folder, "ameide.policy.json")).toBe(text);
  });

  it("keeps what is confirmed of a method that comes back", async () => {
    const folder = workspace(SHOP);
    const shop = join(folder, "proto/acme/shop/v1/shop.proto");
    await init(folder);
    confirm(folder, () => ({ confirmed: true }));
    await run("confirm", "--dir", folder);
    const before = reviewIn(folder);
    writeFileSync(shop, proto("acme.shop.v1", { CreateItem: "" }));
    await init(folder, "--force");
    expect(reviewIn(folder)).not.toEqual(before);
    writeFileSync(shop, SHOP["acme/shop/v1/shop.proto"]);
    await init(folder, "--force");
    expect(reviewIn(folder)).toEqual(before);
  });

  it("leaves what else the document says", async () => {
    const folder = workspace(SHOP);
    await init(folder);
    const other = { ...entry, policy: { timeoutMs: 5 } };
    const document = { default: { maxAttempts: 2 }, methods: [other, entry] };
    writeFileSync(join(folder, "ameide.policy.json"), JSON.stringify(document));
    await run("confirm", "--dir", folder);
    expect(policyIn(folder)).toEqual({ default: { maxAttempts: 2 }, methods: [other] });
  });

  it.each([
    [{ idempotencyLevel: "SAFE" }, "methods[0].idempotencyLevel is none of IDEMPOTENCY_LEVEL_NO_S"],
    [{ confirmed: "yes" }, "methods[0].confirmed is neither true nor false"],
    [{ method: "GetItem" }, "methods[0].method is no full name of a method"],
    [{ method: "acme.v1.S/M" }, "acme.v1.S/M is there twice"],
  ])("refuses %j", async (change, says) => {
    const folder = workspace(SHOP);
    await init(folder);
    confirm(folder, () => change);
    const { code, stderr } = await run("confirm", "--dir", folder);
    expect(code).toBe(1);
    expect(stderr).toContain(says);
    expect(read(folder, "ameide.policy.json")).toBe("{}\n");
  });
});
