// One batch, verified in about 20 lines: the JDK's own crypto (17 or newer). Usage: java Verify.java JWKS (MANIFEST BODY)...
import java.math.BigInteger;
import java.nio.file.*;
import java.security.*;
import java.security.spec.*;
import java.util.*;
import java.util.regex.*;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

public class Verify {
  static void must(boolean held, String what) { if (!held) throw new IllegalArgumentException(what); }
  static byte[] b64(String text) { return Base64.getUrlDecoder().decode(text); }
  static byte[] sha(byte[]... parts) throws Exception {
    var digest = MessageDigest.getInstance("SHA-256");
    for (var part : parts) digest.update(part);
    return digest.digest();
  }
  static byte[] root(List<byte[]> hashes) throws Exception {
    if (hashes.size() < 2) return hashes.isEmpty() ? sha() : hashes.get(0);
    int cut = Integer.highestOneBit(hashes.size() - 1);
    return sha(new byte[] {1}, root(hashes.subList(0, cut)), root(hashes.subList(cut, hashes.size())));
  }
  static String one(String pattern, String text) {  // the JDK reads no JSON: what a canonical object says, by pattern
    var found = Pattern.compile(pattern).matcher(text);
    must(found.find(), pattern);
    return found.group(1);
  }

  static void verify(String jws, byte[] body, String enrolled) throws Exception {  // throws, whatever is wrong
    String[] part = jws.split("\\.");
    String kid = one("^\\{\"alg\":\"ES256\",\"kid\":\"([\\w-]+)\",\"typ\":\"fieldgate-batch\\+jws\"\\}$", new String(b64(part[0])));
    String jwk = one("(\\{[^{}]*\"kid\":\\s*\"" + kid + "\"[^{}]*\\})", enrolled);  // never a key from the header
    var curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp256r1"));
    var x = new BigInteger(1, b64(one("\"x\":\\s*\"([^\"]+)\"", jwk)));
    var y = new BigInteger(1, b64(one("\"y\":\\s*\"([^\"]+)\"", jwk)));
    var key = new ECPublicKeySpec(new ECPoint(x, y), curve.getParameterSpec(ECParameterSpec.class));
    var check = Signature.getInstance("SHA256withECDSAinP1363Format");
    check.initVerify(KeyFactory.getInstance("EC").generatePublic(key));
    check.update((part[0] + "." + part[1]).getBytes(ISO_8859_1));
    must(check.verify(b64(part[2])), "signature");
    String said = new String(b64(part[1]), ISO_8859_1), bare = said.replaceAll("\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"", "\"\"");
    must(!Pattern.compile("[:\\[,]-?\\d+[.eE]").matcher(bare).find() && said.matches(".*\"spec\":1[,}].*"), "a float, or spec");
    one("\"kind\":\"(data|control|heartbeat|void|reset)\"", said);
    var leaves = new ArrayList<byte[]>();
    for (var line : new String(body, ISO_8859_1).lines().toList()) leaves.add(sha(new byte[] {0}, line.getBytes(ISO_8859_1)));
    must(one("\"content_sha256\":\"sha256:(\\w+)\"", said).equals(HexFormat.of().formatHex(sha(body))), "content_sha256");
    must(one("\"merkle_root\":\"sha256:(\\w+)\"", said).equals(HexFormat.of().formatHex(root(leaves))), "merkle_root");
  }

  public static void main(String[] args) throws Exception {
    for (int i = 1; i < args.length; i += 2) {
      String verdict = "good";
      try { verify(Files.readString(Path.of(args[i])).strip(), Files.readAllBytes(Path.of(args[i + 1])), Files.readString(Path.of(args[0]))); }
      catch (Exception refused) { verdict = "bad"; }
      System.out.println(args[i] + " " + verdict);
    }
  }
}
