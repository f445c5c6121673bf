using System.Globalization;
using System.Numerics;
using System.Text;
using Viddhana.Contracts;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Rpc;
using Viddhana.Simnode.Wire;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>The node's own arithmetic against published vectors.</summary>
public sealed class WireTests
{
    // The vectors of the RIPEMD-160 authors (Dobbertin, Bosselaers, Preneel).
    [TestCase("", "9c1185a5c5e9fc54612808977ee8f548b2258d31")]
    [TestCase("abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc")]
    [TestCase("message digest", "5d0689ef49d2fae572b881b123a85ffa21595f36")]
    [TestCase("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "b0e20b6e3116640286ed3a87a5713079b21f5189")]
    public void Ripemd160_matches_its_authors_vectors(string text, string digest) =>
        Assert.That(HexText.Of(Ripemd160.Hash(Encoding.ASCII.GetBytes(text))), Is.EqualTo(digest));

    [Test]
    public void The_key_hash_of_secret_1_is_the_known_one()
    {
        var secret = new byte[32];
        secret[31] = 1;
        var key = Secp256k1.PublicKey(secret);
        Assert.That(HexText.Of(key), Is.EqualTo("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"));
        Assert.That(HexText.Of(Ripemd160.Hash160(key)), Is.EqualTo("751e76e8199196d454941c45d1b3a323f1433bd6"));
    }

    // BIP 143, "Native P2WPKH": second input, and the whole signed transaction.
    [Test]
    public void The_signature_hash_of_BIP_143_is_reproduced_and_its_signature_verifies()
    {
        var unsigned = Transaction.Decode(Convert.FromHexString(
            "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad96"
            + "9f0000000000eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b5"
            + "5d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99"
            + "f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21"
            + "b2d50ce2f0167faa815988ac11000000"))!;
        var hash = SignatureHash.Segwit(unsigned, 1, Convert.FromHexString("1d0f172a0ecb48aee1be1f2687d2963ae33f71a1"), 600_000_000);
        Assert.That(HexText.Of(hash.ToBytes()), Is.EqualTo("c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670"));

        var key = Convert.FromHexString("025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee6357");
        var signature = Convert.FromHexString(
            "304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc4"
            + "4a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee");
        Assert.That(Secp256k1.Verify(key, hash.ToBytes(), signature));
    }

    [Test]
    public void Signatures_verify_until_a_bit_is_changed()
    {
        for (byte i = 1; i <= 20; i++)
        {
            var secret = Enumerable.Repeat(i, 32).ToArray();
            var key = Secp256k1.PublicKey(secret);
            var hash = Hash256.Of([i]).ToBytes();
            var signature = Secp256k1.Sign(secret, hash);
            Assert.That(Secp256k1.Verify(key, hash, signature));
            Assert.That(Secp256k1.Verify(key, hash, WithHighS(signature)), Is.False, "the other S is as true, but nodes do not relay it");
            hash[i] ^= 1;
            Assert.That(Secp256k1.Verify(key, hash, signature), Is.False);
            hash[i] ^= 1;
            Assert.That(Secp256k1.Verify(Secp256k1.PublicKey([.. secret[..31], 77]), hash, signature), Is.False);
            Assert.That(Secp256k1.Verify(key, hash, signature.AsSpan(0, signature.Length - 1)), Is.False);
            Assert.That(Secp256k1.Verify(key, hash, []), Is.False);
        }
    }

    private static byte[] WithHighS(byte[] signature)
    {
        const string Order = "0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        var order = BigInteger.Parse(Order, NumberStyles.AllowHexSpecifier, null);
        var start = 4 + signature[3];
        var high = order - new BigInteger(signature.AsSpan(start + 2), isUnsigned: true, isBigEndian: true);
        var digits = high.ToByteArray(isBigEndian: true);
        return [0x30, (byte)(start + digits.Length), .. signature[2..start], 2, (byte)digits.Length, .. digits];
    }

    // The first is a real node's answer (litecoind 0.21.2.1), the second is from BIP 380.
    [TestCase("raw(00141111111111111111111111111111111111111111)", "splzzvwf")]
    [TestCase("raw(deadbeef)", "89f8spxm")]
    public void Descriptor_checksums_are_those_of_real_nodes(string descriptor, string checksum) =>
        Assert.That(DescriptorChecksum.Of(descriptor), Is.EqualTo(checksum));

    [TestCase(0x207FFFFFu, "7fffff0000000000000000000000000000000000000000000000000000000000", 2UL)]
    [TestCase(0x1D00FFFFu, "00000000ffff0000000000000000000000000000000000000000000000000000", 4_295_032_833UL)]
    [TestCase(0x1B0404CBu, "00000000000404cb000000000000000000000000000000000000000000000000", 70_040_908_352_512UL)]
    public void Bits_expand_to_target_and_work(uint bits, string target, ulong work)
    {
        Assert.That(CompactTarget.TryTarget(bits, out var expanded));
        Assert.That(expanded.ToString(), Is.EqualTo(target));
        Assert.That(CompactTarget.Work(bits), Is.EqualTo((UInt128)work));
    }

    [TestCase(0x217FFFFFu)]
    [TestCase(0x20800000u)]
    [TestCase(0x01000000u)]
    [TestCase(0xFF123456u)]
    [TestCase(0u)]
    public void Bits_that_are_no_target_of_regtest_are_refused(uint bits) => Assert.That(CompactTarget.TryTarget(bits, out _), Is.False);

    [TestCase(1, "51")]
    [TestCase(16, "60")]
    [TestCase(17, "0111")]
    [TestCase(127, "017f")]
    [TestCase(128, "028000")]
    [TestCase(32768, "03008000")]
    [TestCase(905000, "0328cf0d")]
    public void Heights_are_pushed_in_their_shortest_form(int height, string push) =>
        Assert.That(HexText.Of(Script.HeightPush(height)), Is.EqualTo(push));

    [Test]
    public void The_genesis_block_is_regtests() =>
        Assert.That(
            ChainRules.Genesis.Header.Hash.ToString(), Is.EqualTo("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"));

    [Test]
    public void A_cut_or_lengthened_transaction_is_none()
    {
        var raw = new Viddhana.Simnode.Mempool.SyntheticSource(3).Range(1, 0, 1)[0].Transaction.Raw;
        Assert.That(Transaction.Decode(raw)!.Raw, Is.EqualTo(raw));
        for (var length = 0; length < raw.Length; length++)
        {
            // A piece may look like a transaction of the older form that has no inputs yet: nodes read such drafts, and so do we.
            Assert.That(Transaction.Decode(raw.AsSpan(0, length))?.Inputs.Length ?? 0, Is.Zero, $"{length} bytes");
        }

        Assert.That(Transaction.Decode([.. raw, 0]), Is.Null);
    }

    [TestCase(-1L, "-0.00000001")]
    [TestCase(0L, "0.00000000")]
    [TestCase(2_100_000_000_000_000L, "21000000.00000000")]
    public void Coins_are_written_with_all_decimals(long units, string text) => Assert.That(RpcCall.CoinText(units), Is.EqualTo(text));
}
