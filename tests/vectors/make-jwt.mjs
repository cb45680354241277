// Makes jwt.json: tokens signed by `jose`, which nobody here wrote, and tokens that no library would make. Run once, by hand:
//     npm --prefix tests ci && node tests/vectors/make-jwt.mjs
// The keys are new each time; the cases are read by tests/unit/auth/jwt_test.c and say themselves what must come of each.
import { createHmac, generateKeyPairSync, createPublicKey, sign as nodeSign, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { CompactSign, SignJWT, exportJWK } from "jose";

const NOW = 1_790_000_000;
const own = randomBytes(32);
const shared = "django-insecure-3#x)_k=shared secret of a site that is longer than 32 bytes";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const weakRsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ec384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const ed = generateKeyPairSync("ed25519");
const pem = ({ publicKey }) => publicKey.export({ type: "spki", format: "pem" });
const jwk = async ({ publicKey }, more) => ({ ...(await exportJWK(publicKey)), ...more });

const jwks = JSON.stringify({
  keys: [
    await jwk(rsa, { kid: "r1", alg: "RS256", use: "sig" }),
    await jwk(ec, { kid: "e1", use: "sig" }),
    await jwk(ed, { kid: "d1", alg: "EdDSA" }),
    await jwk(otherRsa, { kid: "for-encryption", use: "enc" }),
    await jwk(ec384, { kid: "p384" }),
    { kty: "oct", kid: "oct", k: Buffer.from(shared).toString("base64url") },
  ],
});
const site = { claim_user: "user_id", default_role: "staff", default_locations: "main, north" };
const foreign = { foreign_issuer: "https://site.example", foreign_audience: "gym" };
const settings = {
  own: {},
  site: { foreign_secret: shared, ...site },
  strict_site: { foreign_secret: shared, claim_user: "user_id", claim_role: "gym_role", claim_locations: "gyms", foreign_require_typ: true },
  rsa: { foreign_pem: pem(rsa), ...foreign },
  ec: { foreign_pem: pem(ec), ...foreign },
  ed: { foreign_pem: pem(ed), ...foreign },
  jwks: { foreign_jwks: jwks, ...foreign },
  all: { foreign_secret: shared, foreign_pem: pem(rsa), foreign_jwks: jwks, ...site },
};

const ownClaims = {
  iss: "footfall", aud: "footfall", typ: "access", sub: "7", name: "Zoë Ångström", role: "staff", loc: ["main", "north"],
  jti: "j-1", iat: NOW - 10, exp: NOW + 900,
};
const foreignClaims = { iss: "https://site.example", aud: ["other", "gym"], sub: "u-9", role: "viewer", loc: "*", exp: NOW + 900 };
const djangoClaims = { token_type: "access", exp: NOW + 300, iat: NOW, jti: "0d1e", user_id: 42 };

const cases = [];
const add = (setting, name, token, expect = {}) => cases.push({ setting, case: name, token, ...expect });
const good = (setting, name, token, is) => add(setting, name, token, { good: true, ...is });
const bad = (setting, name, token) => add(setting, name, token, { result: "bad" });
const b64 = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const jose = (claims, header = { alg: "HS256" }, key = own) => new SignJWT(claims).setProtectedHeader(header).sign(key);
/** Header and payload as they are (text or value), really signed with HMAC-SHA-256. */
const hmac = (header, payload, key = own) => {
  const text = `${b64(header)}.${b64(payload)}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
};
const HS = { alg: "HS256", typ: "JWT" };
const without = (claims, ...names) => Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
const json = JSON.stringify(ownClaims);
const is = { sub: "7", role: "staff", locations: "main north", name: "Zoë Ångström", session: "j-1", own: true };

// --- Good ones ---
good("own", "our own token", await jose(ownClaims), is);
good("own", "typ JWT in the header", await jose(ownClaims, HS), is);
good("own", "all locations", await jose({ ...ownClaims, loc: "*" }), { ...is, locations: "*" });
good("own", "no location at all", await jose({ ...ownClaims, role: "member", loc: [] }), { ...is, role: "member", locations: "" });
good("own", "a session", await jose({ ...ownClaims, sid: "55" }), { ...is, session: "55" });
good("own", "iat in the future", await jose({ ...ownClaims, iat: NOW + 3600 }), is);
good("own", "nbf within the leeway", await jose({ ...ownClaims, nbf: NOW + 60 }), is);
good("own", "one second left", await jose({ ...ownClaims, exp: NOW + 1 }), is);
good("own", "exp with a fraction", await jose({ ...ownClaims, exp: NOW + 0.5 }), is);
good("own", "aud a list", await jose({ ...ownClaims, aud: ["x", "footfall"] }), is);
good("own", "a claim that nobody knows", await jose({ ...ownClaims, extra: { a: [1, { b: null }] } }), is);
add("own", "a device's token", await jose({ ...ownClaims, typ: "device", role: "kiosk" }), { good: true, ...is, role: "kiosk" });
add("own", "a refresh token where one is wanted", await jose({ ...ownClaims, typ: "refresh" }), { good: true, ...is, kinds: ["refresh"] });
good("site", "as Django SimpleJWT makes them", await jose(djangoClaims, HS, Buffer.from(shared)),
  { sub: "42", role: "staff", locations: "main north", name: "", session: "0d1e", own: false });
good("site", "SimpleJWT with a text for the user", await jose({ ...djangoClaims, user_id: "42" }, HS, Buffer.from(shared)), { sub: "42" });
good("site", "a foreign exp within the leeway", await jose({ ...djangoClaims, exp: NOW - 59 }, HS, Buffer.from(shared)), { sub: "42" });
good("site", "its own role and locations", await jose({ ...djangoClaims, role: "manager", loc: "north" }, HS, Buffer.from(shared)), { role: "manager", locations: "north" });
good("site", "a kid that nobody asked for", await jose(djangoClaims, { ...HS, kid: "2024" }, Buffer.from(shared)), { sub: "42" });
good("site", "our own token beside a site's", await jose(ownClaims), is);
good("strict_site", "mapped claims", await jose({ ...djangoClaims, gym_role: "viewer", gyms: ["main"] }, HS, Buffer.from(shared)), { role: "viewer", locations: "main" });
good("rsa", "RS256", await jose(foreignClaims, { alg: "RS256" }, rsa.privateKey), { sub: "u-9", role: "viewer", locations: "*", own: false });
good("rsa", "RS256, at+jwt", await jose(foreignClaims, { alg: "RS256", typ: "at+jwt" }, rsa.privateKey), { sub: "u-9" });
good("rsa", "Keycloak's typ", await jose({ ...foreignClaims, typ: "Bearer" }, { alg: "RS256", typ: "JWT" }, rsa.privateKey), { sub: "u-9" });
good("ec", "ES256", await jose(foreignClaims, { alg: "ES256" }, ec.privateKey), { sub: "u-9", role: "viewer" });
good("ed", "EdDSA", await jose(foreignClaims, { alg: "EdDSA" }, ed.privateKey), { sub: "u-9", role: "viewer" });
for (const [kid, alg, pair] of [["r1", "RS256", rsa], ["e1", "ES256", ec], ["d1", "EdDSA", ed]]) {
  good("jwks", `${alg} by its kid`, await jose(foreignClaims, { alg, kid }, pair.privateKey), { sub: "u-9" });
  good("jwks", `${alg} without a kid`, await jose(foreignClaims, { alg }, pair.privateKey), { sub: "u-9" });
}
good("all", "RS256 where everything is set", await jose({ ...djangoClaims, user_id: "u-9" }, { alg: "RS256", kid: "r1" }, rsa.privateKey), { sub: "u-9" });

// --- Expired, unknown kid ---
add("own", "exp is now", await jose({ ...ownClaims, exp: NOW }), { result: "expired" });
add("own", "exp a second ago", await jose({ ...ownClaims, exp: NOW - 1 }), { result: "expired" });
add("own", "exp 0", await jose({ ...ownClaims, exp: 0 }), { result: "expired" });
add("site", "a foreign exp beyond the leeway", await jose({ ...djangoClaims, exp: NOW - 60 }, HS, Buffer.from(shared)), { result: "expired" });
add("jwks", "a kid that the set does not have", await jose(foreignClaims, { alg: "RS256", kid: "r2" }, rsa.privateKey), { result: "unknown_kid" });
add("jwks", "a key that is for encryption", await jose(foreignClaims, { alg: "RS256", kid: "for-encryption" }, otherRsa.privateKey), { result: "unknown_kid" });
add("jwks", "a kid with a path", await jose(foreignClaims, { alg: "RS256", kid: "../../etc/passwd" }, rsa.privateKey), { result: "unknown_kid" });

// --- Bad form ---
const right = await jose(ownClaims);
const [h, p, s] = right.split(".");
bad("own", "empty", "");
bad("own", "one part", h);
bad("own", "two parts", `${h}.${p}`);
bad("own", "four parts", `${right}.${s}`);
bad("own", "five parts, as a JWE", `${right}.${s}.${s}`);
bad("own", "no signature", `${h}.${p}.`);
bad("own", "no header", `.${p}.${s}`);
bad("own", "no payload", `${h}..${s}`);
bad("own", "dots alone", "..");
bad("own", "padding", `${h}.${p}.${s}=`);
bad("own", "plain base64 instead of base64url", hmac(HS, ownClaims).replace(/[^.]*$/, (x) => Buffer.from(x, "base64url").toString("base64")));
bad("own", "a blank before", ` ${right}`);
bad("own", "a blank behind", `${right} `);
bad("own", "a line break inside", `${h}.${p}.\n${s}`);
bad("own", "stray low bits in the signature", right.slice(0, -1) + String.fromCharCode(right.charCodeAt(right.length - 1) + 1));
bad("own", "Bearer before", `Bearer ${right}`);
bad("own", "longer than 8 KiB", await jose({ ...ownClaims, extra: "x".repeat(7000) }));
bad("own", "signature cut", `${h}.${p}.${s.slice(0, -4)}`);
bad("own", "signature longer", `${h}.${p}.${s}AAAA`);
bad("own", "signature of zeros", `${h}.${p}.${Buffer.alloc(32).toString("base64url")}`);
bad("own", "payload of another", `${h}.${b64({ ...ownClaims, role: "owner" })}.${s}`);
bad("own", "header of another", `${b64({ alg: "HS256", kid: "x" })}.${p}.${s}`);

// --- Bad algorithm or key ---
bad("own", "alg none, unsigned", `${b64({ alg: "none" })}.${p}.`);
for (const alg of ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "hs256", "RS256", "HS256 ", "PS256"]) {
  bad("own", `alg ${JSON.stringify(alg)}, signed by HS256`, hmac({ alg }, ownClaims));
}
bad("own", "alg missing", hmac({ typ: "JWT" }, ownClaims));
bad("own", "alg no text", hmac({ alg: 256 }, ownClaims));
bad("own", "alg a list", hmac({ alg: ["HS256"] }, ownClaims));
bad("own", "really HS512", await jose(ownClaims, { alg: "HS512" }, randomBytes(64)));
bad("own", "another key", await jose(ownClaims, { alg: "HS256" }, randomBytes(32)));
bad("own", "an empty key", hmac(HS, ownClaims, Buffer.alloc(0)));
bad("own", "a kid, signed by our key", await jose(ownClaims, { alg: "HS256", kid: "own" }));
bad("own", "kid no text", hmac({ ...HS, kid: 7 }, ownClaims));
bad("rsa", "RSA's public key as an HMAC secret", hmac(HS, foreignClaims, pem(rsa)));
bad("rsa", "the same without the last line break", hmac(HS, foreignClaims, pem(rsa).trim()));
bad("rsa", "the same as DER", hmac(HS, foreignClaims, rsa.publicKey.export({ type: "spki", format: "der" })));
bad("rsa", "another RSA key", await jose(foreignClaims, { alg: "RS256" }, otherRsa.privateKey));
bad("rsa", "PS256 by the right key", await jose(foreignClaims, { alg: "PS256" }, rsa.privateKey));
bad("rsa", "RS512 by the right key", await jose(foreignClaims, { alg: "RS512" }, rsa.privateKey));
bad("rsa", "a key brought along (jwk)", await jose(foreignClaims, { alg: "RS256", jwk: await jwk(otherRsa) }, otherRsa.privateKey));
bad("rsa", "a key to fetch (jku)", await jose(foreignClaims, { alg: "RS256", jku: "https://evil.example/keys" }, otherRsa.privateKey));
bad("ec", "ES256 as DER", (() => {
  const text = `${b64({ alg: "ES256" })}.${b64(foreignClaims)}`;
  return `${text}.${nodeSign("sha256", Buffer.from(text), { key: ec.privateKey, dsaEncoding: "der" }).toString("base64url")}`;
})());
bad("ec", "r and s zero (psychic signature)", `${b64({ alg: "ES256" })}.${b64(foreignClaims)}.${Buffer.alloc(64).toString("base64url")}`);
bad("ec", "r and s the order", `${b64({ alg: "ES256" })}.${b64(foreignClaims)}.${Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551".repeat(2), "hex").toString("base64url")}`);
bad("ec", "ES384", await jose(foreignClaims, { alg: "ES384" }, ec384.privateKey));
bad("ec", "EdDSA named, ES256 signed", (await jose(foreignClaims, { alg: "ES256" }, ec.privateKey)).replace(/^[^.]*/, b64({ alg: "EdDSA" })));
bad("ed", "Ed25519 of another", await jose(foreignClaims, { alg: "EdDSA" }, generateKeyPairSync("ed25519").privateKey));
bad("ed", "Ed25519 of zeros", `${b64({ alg: "EdDSA" })}.${b64(foreignClaims)}.${Buffer.alloc(64).toString("base64url")}`);
bad("jwks", "the kid of another algorithm's key", await jose(foreignClaims, { alg: "RS256", kid: "e1" }, rsa.privateKey));
bad("jwks", "a shared secret in a public set", await jose(foreignClaims, { alg: "HS256", kid: "r1" }, Buffer.from(shared)));
bad("all", "RSA's public key as a secret, everything set", hmac(HS, djangoClaims, pem(rsa)));
bad("all", "the key set as a secret", hmac(HS, djangoClaims, jwks));
bad("site", "our claims under a site's secret are a site's", await jose({ ...ownClaims, typ: "refresh" }, HS, Buffer.from(shared)));

// --- Bad header ---
bad("own", "crit", hmac({ ...HS, crit: ["exp"] }, ownClaims));
bad("own", "crit empty", hmac({ ...HS, crit: [] }, ownClaims));
bad("own", "b64 false", await new CompactSign(Buffer.from(json)).setProtectedHeader({ alg: "HS256", b64: true, crit: ["b64"] }).sign(own));
bad("own", "typ of a logout token", hmac({ alg: "HS256", typ: "logout+jwt" }, ownClaims));
bad("own", "header's typ no text", hmac({ alg: "HS256", typ: 1 }, ownClaims));
bad("own", "header no object", hmac("[]", ownClaims));
bad("own", "header no JSON", hmac("{alg:HS256}", ownClaims));
bad("own", "alg twice in the header", hmac('{"alg":"none","alg":"HS256"}', ownClaims));
bad("own", "header not UTF-8", hmac('{"alg":"HS256","x":"', ownClaims).replace(/^[^.]*/, Buffer.from([0xff]).toString("base64url")));

// --- Bad payload, rightly signed ---
bad("own", "payload no object", hmac(HS, '"admin"'));
bad("own", "payload a list", hmac(HS, "[1]"));
bad("own", "payload null", hmac(HS, "null"));
bad("own", "text behind the payload", hmac(HS, `${json}x`));
bad("own", "a second object behind the payload", hmac(HS, `${json}{}`));
bad("own", "payload cut", hmac(HS, json.slice(0, -1)));
bad("own", "sub twice", hmac(HS, json.replace("{", '{"sub":"1",')));
bad("own", "role twice, written differently", hmac(HS, json.replace("{", '{"\\u0072ole":"owner",')));
bad("own", "a NUL in sub", hmac(HS, { ...ownClaims, sub: "1\u0000" }));
bad("own", "a lone surrogate", hmac(HS, json.replace('"7"', '"\\ud800"')));
bad("own", "payload not base64url", (() => {
  const text = `${b64(HS)}.${b64(ownClaims)}!`;
  return `${text}.${createHmac("sha256", own).update(text).digest("base64url")}`;
})());
bad("own", "a byte order mark", hmac(HS, `\ufeff${json}`));
bad("own", "NaN", hmac(HS, json.replace(String(NOW + 900), "NaN")));

// --- Bad claims ---
for (const name of ["iss", "aud", "typ", "sub", "role", "loc", "jti", "iat", "exp"]) bad("own", `${name} missing`, await jose(without(ownClaims, name)));
for (const [name, value] of [
  ["exp", String(NOW + 900)], ["exp", null], ["exp", true], ["exp", [NOW + 900]], ["exp", {}], ["exp", -1], ["exp", 1e300], ["exp", 253402300800], ["exp", 9007199254740993],
  ["nbf", String(NOW)], ["nbf", NOW + 61], ["nbf", null], ["iat", String(NOW)], ["iat", "now"],
  ["iss", "https://site.example"], ["iss", ["footfall"]], ["iss", ""], ["aud", "other"], ["aud", []], ["aud", ["x", 7]], ["aud", { footfall: true }], ["aud", "footfal"],
  ["typ", "refresh"], ["typ", "device "], ["typ", "ticket"], ["typ", "ACCESS"], ["typ", ["access"]], ["typ", "JWT"],
  ["sub", ""], ["sub", -7], ["sub", 7.5], ["sub", null], ["sub", ["7"]], ["sub", "x".repeat(129)], ["sub", "a\nb"],
  ["role", "admin"], ["role", "Owner"], ["role", ""], ["role", ["owner"]], ["role", 0], ["role", null],
  ["loc", 1], ["loc", null], ["loc", [1]], ["loc", [""]], ["loc", ["main", null]], ["loc", { main: true }], ["loc", true], ["loc", Array(1001).fill("a")],
  ["name", 7], ["name", "a\u0001"], ["jti", 7], ["sid", 55], ["sid", "x".repeat(129)],
]) bad("own", `${name} ${JSON.stringify(value)?.slice(0, 40)}`, hmac(HS, { ...ownClaims, [name]: value }));
bad("own", "exp over 64 bits", hmac(HS, json.replace(String(NOW + 900), "99999999999999999999")));

bad("site", "SimpleJWT's refresh token", await jose({ ...djangoClaims, token_type: "refresh" }, HS, Buffer.from(shared)));
bad("site", "an ID token", await jose({ ...without(djangoClaims, "token_type"), typ: "ID" }, HS, Buffer.from(shared)));
bad("site", "token_type no text", await jose({ ...djangoClaims, token_type: 1 }, HS, Buffer.from(shared)));
bad("site", "no user", await jose(without(djangoClaims, "user_id"), HS, Buffer.from(shared)));
bad("site", "sub where user_id is wanted", await jose({ ...without(djangoClaims, "user_id"), sub: "1" }, HS, Buffer.from(shared)));
bad("site", "no exp", await jose(without(djangoClaims, "exp"), HS, Buffer.from(shared)));
bad("site", "a role that we don't know", await jose({ ...djangoClaims, role: "superuser" }, HS, Buffer.from(shared)));
bad("site", "locations that are none", await jose({ ...djangoClaims, loc: 7 }, HS, Buffer.from(shared)));
bad("strict_site", "no kind where one is required", await jose({ ...without(djangoClaims, "token_type"), gym_role: "viewer", gyms: "*" }, HS, Buffer.from(shared)));
bad("strict_site", "no role and no default", await jose({ ...djangoClaims, gyms: "*" }, HS, Buffer.from(shared)));
bad("strict_site", "no locations and no default", await jose({ ...djangoClaims, gym_role: "viewer" }, HS, Buffer.from(shared)));
bad("rsa", "another issuer", await jose({ ...foreignClaims, iss: "https://site.example/" }, { alg: "RS256" }, rsa.privateKey));
bad("rsa", "no issuer", await jose(without(foreignClaims, "iss"), { alg: "RS256" }, rsa.privateKey));
bad("rsa", "another audience", await jose({ ...foreignClaims, aud: "other" }, { alg: "RS256" }, rsa.privateKey));
bad("rsa", "no audience", await jose(without(foreignClaims, "aud"), { alg: "RS256" }, rsa.privateKey));
bad("rsa", "Keycloak's refresh token", await jose({ ...foreignClaims, typ: "Refresh" }, { alg: "RS256" }, rsa.privateKey));

// --- Keys that must not be taken at all ---
const refused = [
  { case: "an own key of 31 bytes", settings: { own_hex: own.subarray(1).toString("hex") } },
  { case: "a shared secret of 15 bytes", settings: { foreign_secret: "x".repeat(15) } },
  { case: "RSA of 1,024 bits", settings: { foreign_pem: pem(weakRsa) } },
  { case: "P-384", settings: { foreign_pem: pem(ec384) } },
  { case: "Ed448", settings: { foreign_pem: pem(generateKeyPairSync("ed448")) } },
  { case: "X25519", settings: { foreign_pem: pem(generateKeyPairSync("x25519")) } },
  { case: "a private key", settings: { foreign_pem: rsa.privateKey.export({ type: "pkcs8", format: "pem" }) } },
  { case: "no PEM", settings: { foreign_pem: "ssh-ed25519 AAAA" } },
  { case: "a damaged PEM", settings: { foreign_pem: pem(rsa).replace(/M/g, "N") } },
  { case: "a key set that is no JSON", settings: { foreign_jwks: "{keys:[]}" } },
  { case: "a key set without keys", settings: { foreign_jwks: "{}" } },
  { case: "an empty key set", settings: { foreign_jwks: '{"keys":[]}' } },
  { case: "a key set with nothing for us", settings: { foreign_jwks: JSON.stringify({ keys: [await jwk(ec384), { kty: "oct", k: "AAAA" }] }) } },
  { case: "a key set with weak RSA", settings: { foreign_jwks: JSON.stringify({ keys: [await jwk(weakRsa, { kid: "w" })] }) } },
  { case: "a point that is not on the curve", settings: { foreign_jwks: JSON.stringify({ keys: [{ ...(await jwk(ec)), y: b64("x".repeat(32)) }] }) } },
  { case: "an RSA key without its modulus", settings: { foreign_jwks: JSON.stringify({ keys: [{ kty: "RSA", e: "AQAB" }] }) } },
  { case: "an Ed25519 key of 31 bytes", settings: { foreign_jwks: JSON.stringify({ keys: [{ kty: "OKP", crv: "Ed25519", x: b64("x".repeat(31)) }] }) } },
  { case: "65 keys", settings: { foreign_jwks: JSON.stringify({ keys: Array(65).fill(await jwk(ed)) }) } },
  { case: "a default role that is none", settings: { default_role: "boss" } },
];

createPublicKey(pem(rsa)); // what was written can be read
writeFileSync(new URL("jwt.json", import.meta.url), JSON.stringify({ now: NOW, own_hex: own.toString("hex"), settings, cases, refused }, null, 1) + "\n");
const count = (test) => cases.filter(test).length;
console.log(`${count((c) => c.good)} good, ${count((c) => !c.good)} bad, ${refused.length} refused keys`);
