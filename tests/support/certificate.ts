// A fresh self-signed certificate for 127.0.0.1, as files.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export interface Certificate {
  cert: string;
  key: string;
}

export function certificate(folder: string, name: string): Certificate {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", ...subject, "-keyout", files.key, "-out", files.cert], { stdio: "ignore" });
  return files;
}

export const tlsArgs = ({ cert, key }: Certificate): string[] => [`--server.tls_cert=${cert}`, `--server.tls_key=${key}`];
