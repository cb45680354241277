/* Keys as they come (bytes, PEM, JWKS) and the signatures they judge. Each key is checked when it comes: kind, curve, size; so that a check
 * of a token has nothing left to decide. HMAC is libsodium's, which needs no allocation; the rest OpenSSL's EVP. */
#include "auth/jwt_keys.h"

#include "base/secret.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define ES256_HALF_BYTES 32
#define EDDSA_BYTES 64
#define ED25519_KEY_BYTES 32

static_assert(JWT_HS256_BYTES == crypto_auth_hmacsha256_BYTES, "HS256 is HMAC-SHA-256");

/* Each OpenSSL type that a scope owns. */
#define OWNED_BY(name, type, free_it)                                                                        \
    static void name##_owned(type **at) { free_it(*at); }
OWNED_BY(pkey, EVP_PKEY, EVP_PKEY_free)
OWNED_BY(pkey_ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
OWNED_BY(md_ctx, EVP_MD_CTX, EVP_MD_CTX_free)
OWNED_BY(bio, BIO, BIO_free_all)
OWNED_BY(x509, X509, X509_free)
OWNED_BY(bignum, BIGNUM, BN_free)
OWNED_BY(ecdsa_sig, ECDSA_SIG, ECDSA_SIG_free)
OWNED_BY(param_bld, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
OWNED_BY(params, OSSL_PARAM, OSSL_PARAM_free)

const char *jwt_alg_name(enum jwt_alg alg)
{
    static const char *const NAMES[] = {"HS256", "RS256", "ES256", "EdDSA"};
    return NAMES[alg];
}

/* --- Signatures --- */

void jwt_key_sign(const struct jwt_key *key, struct span text, uint8_t ret_signature[JWT_HS256_BYTES])
{
    check(key->alg == JWT_HS256);
    crypto_auth_hmacsha256_state state = key->hmac;
    crypto_auth_hmacsha256_update(&state, text.at, text.len);
    crypto_auth_hmacsha256_final(&state, ret_signature);
    secret_wipe(&state, sizeof state);
}

static int verify_hs256(const struct jwt_key *key, struct span text, struct span signature)
{
    uint8_t right[JWT_HS256_BYTES];
    jwt_key_sign(key, text, right);
    bool same = secret_eq(span_of(right, sizeof right), signature);
    secret_wipe(right, sizeof right);
    return same ? 0 : ERR_UNAUTHENTICATED;
}

static int verify_public(const struct jwt_key *key, const EVP_MD *digest, struct span text,
                         struct span signature)
{
    OWNED(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL) return ERR_NOMEM;
    bool good = EVP_DigestVerifyInit(ctx, NULL, digest, NULL, key->public) == 1 &&
                EVP_DigestVerify(ctx, signature.at, signature.len, text.at, text.len) == 1;
    ERR_clear_error(); /* a bad signature leaves its reasons in the thread's queue */
    return good ? 0 : ERR_UNAUTHENTICATED;
}

/* RFC 7518 3.4: r and s, 32 bytes each, one behind the other; OpenSSL wants DER. */
static int verify_es256(const struct jwt_key *key, struct span text, struct span signature)
{
    if (signature.len != 2 * ES256_HALF_BYTES) return ERR_UNAUTHENTICATED;
    OWNED(ecdsa_sig) ECDSA_SIG *pair = ECDSA_SIG_new();
    OWNED(bignum) BIGNUM *r = BN_bin2bn(signature.at, ES256_HALF_BYTES, NULL);
    OWNED(bignum) BIGNUM *s = BN_bin2bn(signature.at + ES256_HALF_BYTES, ES256_HALF_BYTES, NULL);
    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) return ERR_NOMEM;
    (void)take(r); /* the pair's now */
    (void)take(s);
    uint8_t *der = NULL;
    int len = i2d_ECDSA_SIG(pair, &der);
    if (len <= 0) return ERR_NOMEM;
    int rc = verify_public(key, EVP_sha256(), text, span_of(der, (size_t)len));
    OPENSSL_free(der);
    return rc;
}

int jwt_key_verify(const struct jwt_key *key, struct span text, struct span signature)
{
    switch (key->alg) {
    case JWT_HS256: return verify_hs256(key, text, signature);
    case JWT_RS256:
        return verify_public(key, EVP_sha256(), text, signature); /* PKCS #1 v1.5 is RSA's default */
    case JWT_ES256: return verify_es256(key, text, signature);
    case JWT_EDDSA:
        return signature.len == EDDSA_BYTES ? verify_public(key, NULL, text, signature) : ERR_UNAUTHENTICATED;
    }
    return ERR_INTERNAL;
}

/* --- Taking keys in --- */

/* Which algorithm a public key is for; with its size and curve checked. */
static int alg_of(EVP_PKEY *public, enum jwt_alg *ret_alg, struct err_detail *reterr)
{
    char curve[64] = "";
    switch (EVP_PKEY_get_base_id(public)) {
    case EVP_PKEY_RSA:
        if (EVP_PKEY_get_bits(public) < JWT_RSA_BITS_MIN || EVP_PKEY_get_bits(public) > JWT_RSA_BITS_MAX) {
            return fail(reterr, ERR_RANGE, "an RSA key must have %d to %d bits, this one has %d",
                        JWT_RSA_BITS_MIN, JWT_RSA_BITS_MAX, EVP_PKEY_get_bits(public));
        }
        *ret_alg = JWT_RS256;
        return 0;
    case EVP_PKEY_EC:
        if (EVP_PKEY_get_group_name(public, curve, sizeof curve, NULL) != 1 ||
            strcmp(curve, SN_X9_62_prime256v1) != 0) {
            return fail(reterr, ERR_UNSUPPORTED,
                        "an EC key must be on the curve P-256 (for ES256), this one is on %s", curve);
        }
        *ret_alg = JWT_ES256;
        return 0;
    case EVP_PKEY_ED25519: *ret_alg = JWT_EDDSA; return 0;
    default:
        return fail(reterr, ERR_UNSUPPORTED, "the key must be RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA)");
    }
}

/* Takes the reference of public. */
static int add_public(struct jwt_keys *keys, EVP_PKEY *public, struct str kid, struct err_detail *reterr)
{
    OWNED(pkey) EVP_PKEY *owned = public;
    struct jwt_key key = {0};
    if (keys->count == JWT_KEYS_MAX) return fail(reterr, ERR_TOO_BIG, "more than %d keys", JWT_KEYS_MAX);
    TRY(alg_of(public, &key.alg, reterr));
    OWNED(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(public, NULL);
    if (ctx == NULL) return ERR_NOMEM;
    if (EVP_PKEY_public_check(ctx) != 1) {
        ERR_clear_error();
        return fail(reterr, ERR_RANGE, "the key is not a sound %s key", jwt_alg_name(key.alg));
    }
    if (kid.at != NULL) TRY(arena_str(&keys->texts, kid, &key.kid));
    key.public = take(owned);
    keys->at[keys->count++] = key;
    return 0;
}

static EVP_PKEY *read_pem(BIO *bio)
{
    EVP_PKEY *public = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    if (public != NULL || BIO_reset(bio) != 1) return public;
    OWNED(x509) X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    return certificate == NULL ? NULL : X509_get_pubkey(certificate);
}

int jwt_keys_add_pem(struct jwt_keys *keys, struct str pem, struct err_detail *reterr)
{
    if (pem.len > JWT_KEY_TEXT_BYTES_MAX) return fail(reterr, ERR_TOO_BIG, "the key is too long");
    if (memmem(pem.at, pem.len, "PRIVATE KEY-----", 16) != NULL) {
        return fail(reterr, ERR_FORBIDDEN,
                    "this is a private key, which should not leave its site; give its public key");
    }
    OWNED(bio) BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    if (bio == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    EVP_PKEY *public = read_pem(bio);
    ERR_clear_error();
    if (public == NULL) {
        return fail(reterr, ERR_SYNTAX,
                    "this is no public key and no certificate in PEM form (-----BEGIN PUBLIC KEY-----)");
    }
    return add_public(keys, public, (struct str){NULL, 0}, reterr);
}

/* --- JWKS (RFC 7517, 7518 section 6, 8037) --- */

/* A base64url member of at most bytes_max bytes. */
static int get_bytes(const json_t *jwk, const char *name, size_t bytes_max, struct buf *out)
{
    const json_t *value = json_object_get(jwk, name);
    if (!json_is_string(value)) return ERR_SYNTAX;
    buf_init(out, bytes_max + 4);
    TRY(base64url_get((struct str){json_string_value(value), json_string_length(value)}, out));
    return out->len > 0 && out->len <= bytes_max ? 0 : ERR_SYNTAX;
}

static bool is_text(const json_t *jwk, const char *name, const char *want)
{
    const json_t *value = json_object_get(jwk, name);
    return json_is_string(value) && strcmp(json_string_value(value), want) == 0;
}

static int from_params(const char *kind, OSSL_PARAM_BLD *build, EVP_PKEY **ret_public)
{
    OWNED(params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    OWNED(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1) return ERR_NOMEM;
    EVP_PKEY *public = NULL;
    int good = EVP_PKEY_fromdata(ctx, &public, EVP_PKEY_PUBLIC_KEY, params);
    ERR_clear_error();
    if (good != 1) return ERR_SYNTAX;
    *ret_public = public;
    return 0;
}

static int rsa_from_jwk(const json_t *jwk, EVP_PKEY **ret_public)
{
    OWNED(buf) struct buf n = {0}, e = {0};
    TRY(get_bytes(jwk, "n", JWT_RSA_BITS_MAX / 8 + 1, &n));
    TRY(get_bytes(jwk, "e", 8, &e));
    OWNED(bignum) BIGNUM *modulus = BN_bin2bn(n.at, (int)n.len, NULL);
    OWNED(bignum) BIGNUM *exponent = BN_bin2bn(e.at, (int)e.len, NULL);
    OWNED(param_bld) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (modulus == NULL || exponent == NULL || build == NULL ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) != 1) {
        return ERR_NOMEM;
    }
    return from_params("RSA", build, ret_public);
}

static int ec_from_jwk(const json_t *jwk, EVP_PKEY **ret_public)
{
    OWNED(buf) struct buf x = {0}, y = {0};
    TRY(get_bytes(jwk, "x", ES256_HALF_BYTES, &x));
    TRY(get_bytes(jwk, "y", ES256_HALF_BYTES, &y));
    if (x.len != ES256_HALF_BYTES || y.len != ES256_HALF_BYTES) return ERR_SYNTAX;
    uint8_t point[1 + 2 * ES256_HALF_BYTES] = {
        4}; /* uncompressed; OpenSSL checks that it lies on the curve */
    memcpy(point + 1, x.at, ES256_HALF_BYTES);
    memcpy(point + 1 + ES256_HALF_BYTES, y.at, ES256_HALF_BYTES);
    OWNED(param_bld) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build == NULL ||
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) != 1) {
        return ERR_NOMEM;
    }
    return from_params("EC", build, ret_public);
}

static int ed25519_from_jwk(const json_t *jwk, EVP_PKEY **ret_public)
{
    OWNED(buf) struct buf x = {0};
    TRY(get_bytes(jwk, "x", ED25519_KEY_BYTES, &x));
    if (x.len != ED25519_KEY_BYTES) return ERR_SYNTAX;
    *ret_public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x.at, x.len);
    return *ret_public == NULL ? ERR_NOMEM : 0;
}

/* Which algorithm a member of a set is for; false: not for us (encryption, another curve, a shared secret, which no public set should hold). */
static bool jwk_alg(const json_t *jwk, enum jwt_alg *ret_alg)
{
    if (json_object_get(jwk, "use") != NULL && !is_text(jwk, "use", "sig")) return false;
    if (is_text(jwk, "kty", "RSA")) *ret_alg = JWT_RS256;
    else if (is_text(jwk, "kty", "EC") && is_text(jwk, "crv", "P-256")) *ret_alg = JWT_ES256;
    else if (is_text(jwk, "kty", "OKP") && is_text(jwk, "crv", "Ed25519")) *ret_alg = JWT_EDDSA;
    else return false;
    const json_t *alg = json_object_get(jwk, "alg");
    return alg == NULL || is_text(jwk, "alg", jwt_alg_name(*ret_alg)) ||
           (*ret_alg == JWT_EDDSA && is_text(jwk, "alg", "Ed25519"));
}

static int add_jwk(struct jwt_keys *keys, const json_t *jwk, struct err_detail *reterr)
{
    enum jwt_alg alg;
    if (!jwk_alg(jwk, &alg)) return 0;
    EVP_PKEY *public = NULL;
    int rc = alg == JWT_RS256   ? rsa_from_jwk(jwk, &public)
             : alg == JWT_ES256 ? ec_from_jwk(jwk, &public)
                                : ed25519_from_jwk(jwk, &public);
    if (rc < 0) {
        return fail(reterr, rc, "the key set holds a %s key whose numbers are damaged", jwt_alg_name(alg));
    }
    const json_t *kid = json_object_get(jwk, "kid");
    struct str name = {json_string_value(kid), json_string_length(kid)}; /* NULL, 0 for no string */
    return add_public(keys, public, name, reterr);
}

int jwt_keys_add_jwks(struct jwt_keys *keys, struct str jwks, struct err_detail *reterr)
{
    if (jwks.len > JWT_KEY_TEXT_BYTES_MAX) return fail(reterr, ERR_TOO_BIG, "the key set is too long");
    OWNED(json_value) json_t *set = NULL;
    int rc = claims_parse(str_span(jwks), &set);
    const json_t *members = json_object_get(set, "keys");
    if (rc < 0 || !json_is_array(members)) {
        return fail(reterr, rc < 0 ? rc : ERR_SYNTAX, "this is no key set: {\"keys\": […]} (RFC 7517)");
    }
    size_t before = keys->count;
    for (size_t i = 0; i < json_array_size(members); i++) {
        TRY(add_jwk(keys, json_array_get(members, i), reterr));
    }
    if (keys->count == before) {
        return fail(reterr, ERR_NOT_FOUND,
                    "the key set holds no key for RS256, ES256 (P-256) or EdDSA (Ed25519)");
    }
    return 0;
}
