/* tests/unit/net/certificates.h: a fresh self-signed certificate and its key as PEM files in a temporary folder.
 *
 * Owns    struct certificate: its files, until certificate_remove.
 * Thread  any.
 * Bounds  none.
 * Errors  aborts.
 * Tests   those that include it. */
#pragma once
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/check.h"

struct certificate {
    char folder[64];
    char cert[96];
    char key[96];
};

static inline void write_key(const struct certificate *files, EVP_PKEY *key, const char *password)
{
    FILE *file = fopen(files->key, "we");
    check(file != NULL);
    const EVP_CIPHER *cipher = password == NULL ? NULL : EVP_aes_256_cbc();
    check(PEM_write_PrivateKey(file, key, cipher, NULL, 0, NULL, (void *)(uintptr_t)password) == 1);
    fclose(file);
}

static inline void write_certificate(const struct certificate *files, EVP_PKEY *key, const char *name)
{
    X509 *cert = X509_new();
    check(cert != NULL);
    check(X509_set_version(cert, 2) == 1);
    check(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1);
    check(X509_gmtime_adj(X509_getm_notBefore(cert), -3600) != NULL);
    check(X509_gmtime_adj(X509_getm_notAfter(cert), 86400) != NULL);
    check(X509_set_pubkey(cert, key) == 1);
    X509_NAME *subject = X509_get_subject_name(cert);
    check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) ==
          1);
    check(X509_set_issuer_name(cert, subject) == 1);
    check(X509_sign(cert, key, EVP_sha256()) > 0);
    FILE *file = fopen(files->cert, "we");
    check(file != NULL);
    check(PEM_write_X509(file, cert) == 1);
    fclose(file);
    X509_free(cert);
}

static inline EVP_PKEY *new_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    check(key != NULL);
    return key;
}

/* Over the files that are there. */
static inline void certificate_renew(const struct certificate *files, const char *name)
{
    EVP_PKEY *key = new_key();
    write_certificate(files, key, name);
    write_key(files, key, NULL);
    EVP_PKEY_free(key);
}

static inline struct certificate certificate_make(const char *name)
{
    struct certificate files = {.folder = "/tmp/footfall-tls-XXXXXX"};
    check(mkdtemp(files.folder) != NULL);
    snprintf(files.cert, sizeof files.cert, "%s/cert.pem", files.folder);
    snprintf(files.key, sizeof files.key, "%s/key.pem", files.folder);
    certificate_renew(&files, name);
    return files;
}

static inline void certificate_remove(const struct certificate *files)
{
    unlink(files->cert);
    unlink(files->key);
    rmdir(files->folder);
}
