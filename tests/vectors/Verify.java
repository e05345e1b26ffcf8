// Verify batches and receipts with nothing but the JDK (17 or newer). Usage: java Verify.java KEYS FILE...
import java.math.BigInteger;
import java.nio.file.*;
import java.security.*;
import java.security.spec.*;
import java.util.*;
import java.util.regex.*;
import static java.nio.charset.StandardCharsets.UTF_8;

public class Verify {
  static byte[] sha(byte[]... parts) throws Exception {
    var digest = MessageDigest.getInstance("SHA-256");
    for (var part : parts) digest.update(part);
    return digest.digest();
  }
  static void must(boolean held, String what) { if (!held) throw new IllegalArgumentException(what); }
  static String hex(byte[] data) { return "sha256:" + HexFormat.of().formatHex(data); }
  static byte[] b64(String text) { return Base64.getUrlDecoder().decode(text); }

  // Enough JSON for these files: the raw text of a member of an object written by a program. A product uses a library.
  static String raw(String json, String name) {
    var found = Pattern.compile("\"" + name + "\"\\s*:\\s*(\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"|\\{[^{}]*\\}|-?[\\w.]+)").matcher(json);
    return found.find() ? found.group(1) : null;
  }
  static String text(String json, String name) {
    String raw = raw(json, name);
    must(raw != null && raw.startsWith("\""), name);
    var out = new StringBuilder();
    for (int i = 1; i < raw.length() - 1; i++) {
      char c = raw.charAt(i);
      if (c != '\\') { out.append(c); continue; }
      c = raw.charAt(++i);
      if (c == 'u') { out.append((char) Integer.parseInt(raw.substring(i + 1, i + 5), 16)); i += 4; }
      else out.append(switch (c) { case 'n' -> '\n'; case 't' -> '\t'; case 'r' -> '\r'; case 'b' -> '\b'; case 'f' -> '\f'; default -> c; });
    }
    return out.toString();
  }

  static String payload(String jws, String typ, String keys) throws Exception {
    var part = jws.split("\\.");
    String header = new String(b64(part[0]), UTF_8);
    must(header.matches("\\{\"alg\":\"ES256\",\"kid\":\"[^\"]+\",\"typ\":\"" + Pattern.quote(typ) + "\"\\}"), "header");
    String jwk = null;  // enrolled keys only, never one from the header
    for (var one = Pattern.compile("\\{[^{}]*\\}").matcher(keys); one.find();)
      if (text(one.group(), "kid").equals(text(header, "kid"))) jwk = one.group();
    must(jwk != null, "key");
    var curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp256r1"));
    var point = new ECPoint(new BigInteger(1, b64(text(jwk, "x"))), new BigInteger(1, b64(text(jwk, "y"))));
    var check = Signature.getInstance("SHA256withECDSAinP1363Format");
    check.initVerify(KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class))));
    check.update((part[0] + "." + part[1]).getBytes(UTF_8));
    must(check.verify(b64(part[2])), "signature");
    String said = new String(b64(part[1]), UTF_8);
    must(!Pattern.compile("[:\\[,]-?\\d+[.eE]").matcher(said.replaceAll("\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"", "\"\"")).find(), "a float");
    return said;
  }

  static byte[] root(List<byte[]> hashes) throws Exception {
    if (hashes.isEmpty()) return sha();
    while (hashes.size() > 1) {
      var next = new ArrayList<byte[]>();
      for (int i = 0; i < hashes.size(); i += 2)
        next.add(i + 1 < hashes.size() ? sha(new byte[] {1}, hashes.get(i), hashes.get(i + 1)) : hashes.get(i));
      hashes = next;
    }
    return hashes.get(0);
  }

  static void check(String vector, String dealer, String receiver) throws Exception {
    String manifest = text(vector, "manifest"), batch = payload(manifest, "fieldgate-batch+jws", dealer);
    must("1".equals(raw(batch, "spec")) && text(batch, "kind").matches("data|control|heartbeat|void|reset"), "spec or kind");
    if (raw(vector, "receipt") != null) {
      String given = payload(text(vector, "receipt"), "fieldgate-receipt+jws", receiver);
      must(text(given, "manifest_sha256").equals(hex(sha(manifest.getBytes(UTF_8)))), "receipt of another batch");
      for (var claim : List.of("stream_id", "epoch", "seq", "batch_id", "content_sha256", "audit_head", "spec", "counts"))
        must(raw(given, claim) != null && raw(given, claim).equals(raw(batch, claim)), claim);
      must(text(given, "iss").equals(text(batch, "aud")), "iss");
      return;
    }
    String body = text(vector, "body");
    var leaves = new ArrayList<byte[]>();
    for (var line : body.split("\n")) if (!line.isEmpty()) leaves.add(sha(new byte[] {0}, line.getBytes(UTF_8)));
    must(hex(sha(body.getBytes(UTF_8))).equals(text(batch, "content_sha256")), "content_sha256");
    must(hex(root(leaves)).equals(text(batch, "merkle_root")), "merkle_root");
  }

  public static void main(String[] args) throws Exception {
    String keys = Files.readString(Path.of(args[0]));
    int middle = keys.indexOf("\"receiver\"");
    for (var name : Arrays.asList(args).subList(1, args.length)) {
      String verdict = "good";
      try { check(Files.readString(Path.of(name)), keys.substring(0, middle), keys.substring(middle)); }
      catch (Exception refused) { verdict = "bad"; }
      System.out.println(name + " " + verdict);
    }
  }
}
