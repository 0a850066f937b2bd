import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { RiskLevel } from "@ameideio/core-proto/ameide/approvals/v1";
import { Effect, GovernanceService } from "@ameideio/core-proto/ameide/governance/v1";
import { expect, test } from "vitest";
import { failure, start, workOf } from "./harness/harness.js";

const { CRITICAL, HIGH, LOW, MEDIUM } = RiskLevel;
const { ALLOW, DENY, REQUIRE_APPROVAL } = Effect;
const DAY = 24 * 60 * 60_000;

async function startGovernance() {
  const clock = { now: 100 * DAY };
  const { client } = await start({ now: () => clock.now });
  const governance = client(GovernanceService);
  const evaluate = async (action: string, more: object = {}) => {
    const { evaluation } = await governance.evaluateAction({ action: { action, ...more } });
    return [evaluation?.effect, ...(evaluation?.reasons ?? []).map(({ code }) => code)];
  };
  return { clock, client, governance, evaluate };
}

test.each<[action: string, values: object, level: RiskLevel, factors: string[]]>([
  ["deal.get", {}, LOW, ["READS"]],
  ["deal.update", { stage: "won" }, MEDIUM, ["WRITES"]],
  ["deal.frobnicate", {}, MEDIUM, ["WRITES"]],
  ["email.send_later", { text: "hello" }, MEDIUM, ["SENDS"]],
  ["email.send", { to: ["ada@example.com"] }, HIGH, ["SENDS", "PII"]],
  ["deal.delete", {}, HIGH, ["DESTROYS"]],
  ["deal.delete", { filter: { name: "*" } }, CRITICAL, ["DESTROYS", "UNBOUNDED"]],
  ["deal.list", { limit: 100 }, LOW, ["READS"]],
  ["deal.list", { limit: 101 }, MEDIUM, ["READS", "BULK"]],
  ["deal.update", { ids: Array(101).fill("x") }, HIGH, ["WRITES", "BULK"]],
  ["invoice.create", { amount: 999 }, MEDIUM, ["WRITES"]],
  ["invoice.create", { lines: [{ total_amount: 1000 }] }, HIGH, ["WRITES", "AMOUNT"]],
  ["invoice.create", { amount: 100_000 }, CRITICAL, ["WRITES", "AMOUNT"]],
  ["app.deploy", { env: "production" }, CRITICAL, ["EMPOWERS", "PRODUCTION"]],
  ["note.add", { text: "password: correct-horse" }, CRITICAL, ["WRITES", "CREDENTIAL"]],
])("the risk of %s with %j is what it says", async (action, values, level, factors) => {
  const { governance } = await startGovernance();
  const { riskLevel, factors: found } = await governance.classifyRisk({
    action: { action, arguments: values as never },
  });
  expect([riskLevel, found.map(({ code }) => code)]).toEqual([level, factors]);
});

test.each<[text: string, redacted: string]>([
  ["Ask ada.l+x@mail.example.com.", "Ask [EMAIL]."],
  ["pay to DE89 3704 0044 0532 0130 00 NOW", "pay to [IBAN] NOW"],
  ["pay to DE88 3704 0044 0532 0130 00", "pay to DE88 3704 0044 0532 0130 00"],
  ["card 4111 1111 1111 1111!", "card [PAYMENT_CARD]!"],
  ["order 4111 1111 1111 1112", "order 4111 1111 1111 1112"],
  ["+371 2000 0000 or (212) 555-0100", "[PHONE] or [PHONE]"],
  ["on 2026-01-31 at 10.30, 20000000 units", "on 2026-01-31 at 10.30, 20000000 units"],
  ["ssn 123-45-6789, not 000-45-6789", "ssn [US_SSN], not 000-45-6789"],
  ["from 10.0.0.255 and 2001:db8::1", "from [IP_ADDRESS] and [IP_ADDRESS]"],
  ["version 10.0.0.256, at 10:30:00", "version 10.0.0.256, at 10:30:00"],
])("personal data in %j is found", async (text, redacted) => {
  const { governance } = await startGovernance();
  expect((await governance.detectPii({ text })).redactedText).toBe(redacted);
});

test("offsets count code points, of the kinds asked for", async () => {
  const { governance } = await startGovernance();
  const text = "😀 é ada@example.com, 10.0.0.1";
  const { findings } = await governance.detectPii({ text });
  const points = Array.from(text);
  const spans = findings.map((each) => points.slice(each.start, each.end).join(""));
  expect(spans).toEqual(["ada@example.com", "10.0.0.1"]);
  expect(findings[0]).toMatchObject({ start: 4, end: 19 });
  const [{ kind } = {}] = findings.slice(1);
  const some = await governance.detectPii({ text, kinds: kind ? [kind] : [] });
  expect(some.findings).toEqual(findings.slice(1));
  expect(some.redactedText).toBe("😀 é ada@example.com, [IP_ADDRESS]");
});

// Put together, so that no scanner of secrets takes this file for one.
const begin = ["-----BEGIN", "PRIVATE KEY-----"].join(" ");
test.each<[text: string, found: string[]]>([
  [`key:\n${begin}\nabc\n${begin.replace("BEGIN", "END")} ok`, ["-----BEGIN"]],
  [["use AKIA", "IOSFODNN7EXAMPLE"].join(""), ["AKIAIOSFODN"]],
  [["eyJhbGciOiJub25lIn0", "eyJzdWIiOiJhIn0", "c2ln"].join("."), ["eyJhbGciOi"]],
  ["postgres://ada:hunter22@db/x", ["hunter22"]],
  ['{"password": "correct-horse"}', ["correct-ho"]],
  ["password: ${DB_PASSWORD}, token=vault://crm/x, secret: <yours-here>", []],
  ["the password was changed yesterday", []],
])("credentials in %j are found", async (text, found) => {
  const { governance } = await startGovernance();
  const { exposed, findings } = await governance.checkCredentialExposure({ text });
  const begins = findings.map((each) => text.slice(each.start, each.end).slice(0, 10));
  expect(begins).toEqual(found.map((each) => each.slice(0, 10)));
  expect(exposed).toBe(found.length > 0);
});

// What backtracking, or comparing each with all, made some hundred times as much work of, or more.
test.each([
  "eyJ",
  "eyJ-",
  "eyJa.",
  "sk-",
  "a.",
  "+1",
  "1",
  "10.0.0.1 ",
  "a@b.cc ",
  "://a:",
  ["-----BEGIN", "PRIVATE KEY-----"].join(" "),
])("a text full of %j is little more work than any of its length", async (unit) => {
  const { governance } = await startGovernance();
  const work = (text: string) =>
    workOf(async () => {
      await governance.detectPii({ text });
      await governance.checkCredentialExposure({ text });
    });
  const full = (part: string) => part.repeat(Math.floor(100_000 / part.length));
  await work("warm up");
  const usual = await work(full("Write to ada@example.com, or call 10.0.0.1. "));
  expect(await work(full(unit))).toBeLessThan(50 * usual);
});

test("the built-in policy leaves what is risky to people, and lets no credential out", async () => {
  const { governance, evaluate } = await startGovernance();
  expect(await evaluate("deal.get")).toEqual([ALLOW]);
  expect(await evaluate("deal.delete")).toEqual([REQUIRE_APPROVAL, "RISK"]);
  const to = { arguments: { to: "ada@example.com" } };
  expect(await evaluate("email.send", to)).toEqual([REQUIRE_APPROVAL, "RISK", "PII_LEAVES"]);
  expect(await evaluate("contact.get", to)).toEqual([ALLOW]);
  const key = { arguments: { text: "token=abcdefgh12345" } };
  expect(await evaluate("contact.get", key)).toEqual([DENY, "CREDENTIAL_EXPOSED", "RISK"]);
  expect((await governance.getSafetyPolicy({})).policy?.updatedAt).toBeUndefined();
});

test("a safety policy names actions and risks", async () => {
  const { client, governance, evaluate } = await startGovernance();
  const policy = {
    deniedActions: ["payroll.*", "deal.delete"],
    approvalActions: ["deal.*"],
    denyFrom: CRITICAL,
  };
  const { policy: set } = await governance.setSafetyPolicy({ policy });
  expect((await governance.getSafetyPolicy({})).policy).toEqual(set);
  expect(set?.updatedAt).toBeDefined();
  expect(await evaluate("payroll.get")).toEqual([DENY, "DENIED_ACTION"]);
  expect(await evaluate("payrolls.get")).toEqual([ALLOW]);
  expect(await evaluate("deal.delete")).toEqual([DENY, "DENIED_ACTION", "APPROVAL_ACTION"]);
  expect(await evaluate("contact.delete")).toEqual([ALLOW]);
  expect(await evaluate("contact.delete", { arguments: { all: true } })).toEqual([DENY, "RISK"]);
  expect(await evaluate("email.send", { arguments: { to: "ada@example.com" } })).toEqual([ALLOW]);
  const others = client(GovernanceService, { tenant: "other" });
  const { evaluation } = await others.evaluateAction({ action: { action: "payroll.get" } });
  expect(evaluation?.effect).toBe(ALLOW);
});

test("what is under a hold is not destroyed until that is released", async () => {
  const { clock, governance, evaluate } = await startGovernance();
  await governance.setSafetyPolicy({ policy: {} });
  const key = { matter: "case 7", resourceType: "thread" };
  const release = { ...key, release: true };
  expect(await failure(governance.setLegalHold(release))).toMatchObject({
    code: Code.NotFound,
    reason: "LEGAL_HOLD_NOT_FOUND",
  });
  const placed = await governance.setLegalHold({ ...key, reason: "dispute" });
  clock.now += 1_000;
  expect(await governance.setLegalHold({ ...key, reason: "again" })).toEqual(placed);
  await governance.setLegalHold({ ...key, matter: "case 8", resourceId: "t-2" });
  const matters = async (resourceId: string, resourceType = "thread") =>
    (await governance.checkLegalHold({ resourceType, resourceId })).holds.map(
      (each) => each.matter,
    );
  expect(await matters("t-1")).toEqual(["case 7"]);
  expect(await matters("t-2")).toEqual(["case 7", "case 8"]);
  expect(await matters("t-2", "deal")).toEqual([]);
  const resource = { type: "thread", id: "t-1" };
  expect(await evaluate("thread.delete", { resource })).toEqual([DENY, "LEGAL_HOLD"]);
  expect(await evaluate("thread.get", { resource })).toEqual([ALLOW]);
  const { hold } = await governance.setLegalHold(release);
  expect(hold).toMatchObject({ reason: "dispute", releasedAt: timestampFromMs(clock.now) });
  expect(await matters("t-1")).toEqual([]);
  expect(await evaluate("thread.delete", { resource })).toEqual([ALLOW]);
});

test("what must be kept is not destroyed before its time", async () => {
  const { clock, governance, evaluate } = await startGovernance();
  await governance.setSafetyPolicy({ policy: {} });
  const set = (resourceType: string, days: number, maxDays?: number) =>
    governance.setRetentionPolicy({
      policy: {
        resourceType,
        minRetention: durationFromMs(days * DAY),
        ...(maxDays !== undefined && { maxRetention: durationFromMs(maxDays * DAY) }),
      },
    });
  await set("", 10);
  await set("invoice", 30, 3_650);
  const resource = (type: string) => ({
    resource: { type, id: "1", createdAt: timestampFromMs(clock.now - 20 * DAY) },
  });
  const invoice = resource("invoice");
  expect(await evaluate("invoice.delete", invoice)).toEqual([DENY, "RETENTION"]);
  expect(await evaluate("thread.delete", resource("thread"))).toEqual([ALLOW]);
  clock.now += 10 * DAY;
  expect(await evaluate("invoice.delete", invoice)).toEqual([ALLOW]);
  const { policy } = await governance.getRetentionPolicy({ resourceType: "thread" });
  expect(policy).toMatchObject({ resourceType: "", minRetention: durationFromMs(10 * DAY) });
  expect(await failure(set("x", 2, 1))).toMatchObject({ fieldReasons: ["MAX_NOT_BELOW_MIN"] });
});
