// Verify batches and receipts with nothing but Node's own crypto. Usage: node verify.mjs KEYS FILE...
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const must = (true_, what) => { if (!true_) throw new Error(what); };

function payload(jws, typ, keys) {
  const [head, body, signature] = jws.split(".");
  const header = JSON.parse(Buffer.from(head, "base64url"));
  must(Object.keys(header).sort().join() === "alg,kid,typ" && header.alg === "ES256" && header.typ === typ, "header");
  const jwk = keys.find((key) => key.kid === header.kid); // enrolled keys only, never one from the header
  must(jwk, "key");
  const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  must(verify("sha256", `${head}.${body}`, key, Buffer.from(signature, "base64url")), "signature");
  const text = Buffer.from(body, "base64url").toString();
  must(!/[:[,]-?\d+[.eE]/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, '""')), "a float");
  return JSON.parse(text);
}

function root(hashes) {
  if (!hashes.length) return sha256("");
  while (hashes.length > 1) {
    const next = [];
    for (let i = 0; i < hashes.length; i += 2)
      next.push(i + 1 < hashes.length ? sha256(Buffer.from([1]), hashes[i], hashes[i + 1]) : hashes[i]);
    hashes = next;
  }
  return hashes[0];
}

function check(vector, keys) {
  const batch = payload(vector.manifest, "fieldgate-batch+jws", keys.dealer.keys);
  must(batch.spec === 1 && ["data", "control", "heartbeat", "void", "reset"].includes(batch.kind), "spec or kind");
  if (vector.receipt) {
    const given = payload(vector.receipt, "fieldgate-receipt+jws", keys.receiver.keys);
    must(given.manifest_sha256 === "sha256:" + sha256(vector.manifest).toString("hex"), "receipt of another batch");
    for (const claim of ["stream_id", "epoch", "seq", "batch_id", "content_sha256", "audit_head", "spec"])
      must(given[claim] === batch[claim], claim);
    must(given.iss === batch.aud && JSON.stringify(given.counts) === JSON.stringify(batch.counts), "iss or counts");
    return;
  }
  const leaves = vector.body.split("\n").slice(0, -1).map((line) => sha256(Buffer.from([0]), line));
  must("sha256:" + sha256(vector.body).toString("hex") === batch.content_sha256, "content_sha256");
  must("sha256:" + root(leaves).toString("hex") === batch.merkle_root, "merkle_root");
}

const keys = JSON.parse(readFileSync(process.argv[2]));
for (const name of process.argv.slice(3)) {
  let verdict = "good";
  try { check(JSON.parse(readFileSync(name)), keys); } catch { verdict = "bad"; }
  console.log(name, verdict);
}
