using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Accounts.Signatures;
using Viddhana.Contracts;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>Signatures of messages, by published vectors of those who write them.</summary>
public sealed class SignatureTests
{
    private const string Example = "This is an example of a signed message.";
    private const string Bank = "Chancellor on brink of second bailout for banks";

    // trezor-firmware, tests/device_tests/bitcoin/test_signmessage.py: with the headers of BIP 137, and with those of P2PKH for all.
    [TestCase("1JAd7XCBzGudGpJQSDSfpmJhiygtLQWaGL", Example,
        "IP2PL321I4/N0HfVIEw+aUnCYdcAJpzvwdnS3O9rlQI2MO5hf2yKz560DI7dcEycp06kr8OT9D81tOiVgyTL3Rw=")]
    [TestCase("3L6TyTisPBmrDAj6RoKmDzNnj4eQi54gD2", Example,
        "I3RN5FFvrFwUCAgBVmRRajL+rZTeiXdc7H4k28JP4TMHWsCTAcTMjhl76ktkgWYdW46b8Z2Le4o4Ls21PC7gdQ0=")]
    [TestCase("bc1qannfxke2tfd4l7vhepehpvt05y83v3qsf6nfkk", Example,
        "KLVddgDZ6afipJFV3fPP2455bCB/qrgzAQ+kH7eCiIm8R89iNIp6qgkjwIMqWJ+rVB6PEutU+3EckOIwfw9msZQ=")]
    [TestCase("3L6TyTisPBmrDAj6RoKmDzNnj4eQi54gD2", Example,
        "H3RN5FFvrFwUCAgBVmRRajL+rZTeiXdc7H4k28JP4TMHWsCTAcTMjhl76ktkgWYdW46b8Z2Le4o4Ls21PC7gdQ0=")]
    [TestCase("bc1qannfxke2tfd4l7vhepehpvt05y83v3qsf6nfkk", Example,
        "ILVddgDZ6afipJFV3fPP2455bCB/qrgzAQ+kH7eCiIm8R89iNIp6qgkjwIMqWJ+rVB6PEutU+3EckOIwfw9msZQ=")]
    [TestCase("mvbu1Gdy8SUjTenqerxUaZyYjmveZvt33q", Example,
        "IDDNfxFsBIHRk2z+9IE3/SPuVqrwB4e/oIqUg3Rm7JkJOQw++s/Fa65XgvHbTPSa4F8kK19ipH+HHsRr8aMlPn8=")]
    [TestCase("tb1qkvwu9g3k2pdxewfqr7syz89r3gj557l3uuf9r9", Example,
        "J3WLM5M5atn+SPbOgfY0EBReeytppd/B1ItebmI+keCOOvtgvaFUb5xvn7W9CkGIe3hMJmA23UtAFaCrwRN9qh0=")]
    public void What_a_Trezor_writes_is_taken(string address, string message, string signature)
    {
        Assert.That(IsGood(address, message, signature));
        Assert.That(IsGood(address, message + ".", signature), Is.False);
        Assert.That(IsGood(address, message, "\n " + signature + " \r\n"), "white space from copying");
    }

    // electrum, tests/test_bitcoin.py; the second signature is of an uncompressed key, the third the first with a high s.
    [TestCase("15hETetDmcXm1mM4sEf7U2KXC9hDHFMSzz", Bank,
        "Hzsu0U/THAsPz/MSuXGBKSULz2dTfmrg1NsAhFp+wH5aKfmX4Db7ExLGa7FGn0m6Mf43KsbEOWpvUUUBTM3Uusw=")]
    [TestCase("1GPHVTY8UD9my6jyP4tb2TYJwUbDetyNC6", "Electrum",
        "HBQdYfv7kOrxmRewLJnG7sV6KlU71O04hUnE4tai97p7Pg+D+yKaWXsdGgHTrKw90caQMo/D6b//qX50ge9P9iI=")]
    [TestCase("15hETetDmcXm1mM4sEf7U2KXC9hDHFMSzz", Bank,
        "IDsu0U/THAsPz/MSuXGBKSULz2dTfmrg1NsAhFp+wH5a1gZoH8kE7O05lE65YLZFzLx3sh/rDzXMbo1dQAJhhnU=")]
    // electrum-ltc: the same key and message with Litecoin's magic.
    [TestCase("LPvBisC3rGmpGa3E3NeQk3PHQN4VS237y2", Bank,
        "IHGAMaPxjrn3CD19S7J5KAq4xF6mdLznsSL8SrqhNwficUHlK5wSth6/JiZ/pEyo92nkUoA+kL9VJpjLnKJKTmM=")]
    public void What_Electrum_writes_is_taken(string address, string message, string signature)
    {
        Assert.That(IsGood(address, message, signature));
        Assert.That(IsGood(address, message.ToUpperInvariant(), signature), Is.False);
        Assert.That(IsGood("1JAd7XCBzGudGpJQSDSfpmJhiygtLQWaGL", message, signature), Is.False, "another's address");
    }

    [Test]
    public void A_signature_for_one_coin_is_none_for_another() => Assert.That(
        IsGood("LPvBisC3rGmpGa3E3NeQk3PHQN4VS237y2", Bank,
            "Hzsu0U/THAsPz/MSuXGBKSULz2dTfmrg1NsAhFp+wH5aKfmX4Db7ExLGa7FGn0m6Mf43KsbEOWpvUUUBTM3Uusw="),
        Is.False);

    // bitcoin/bips, bip-0322/{basic,generated}-test-vectors.json.
    [TestCase("bip322-basic.json", 5)]
    [TestCase("bip322-generated.json", 2)]
    public void The_vectors_of_BIP_322_hold(string file, int good)
    {
        using var vectors = JsonDocument.Parse(File.ReadAllText(
            Path.Combine(TestContext.CurrentContext.TestDirectory, "Accounts", "Vectors", file)));
        var seen = 0;
        foreach (var vector in vectors.RootElement.GetProperty("simple").EnumerateArray())
        {
            var isOurs = vector.GetProperty("type").GetString() is "p2wpkh" or "p2tr";
            foreach (var signature in vector.GetProperty("bip322_signatures").EnumerateArray())
            {
                var isGood = IsGood(Text(vector, "address"), Text(vector, "message"), signature.GetString()!);
                Assert.That(isGood, Is.EqualTo(isOurs), vector.ToString());
                if (isGood) seen++;
            }
        }

        Assert.That(seen, Is.EqualTo(good));
        foreach (var vector in vectors.RootElement.GetProperty("error").EnumerateArray())
            Assert.That(IsGood(Text(vector, "address"), Text(vector, "message"), Text(vector, "signature")), Is.False, vector.ToString());
    }

    [Test]
    public void The_hashes_of_BIP_322_are_its_own()
    {
        using var vectors = JsonDocument.Parse(File.ReadAllText(
            Path.Combine(TestContext.CurrentContext.TestDirectory, "Accounts", "Vectors", "bip322-basic.json")));
        foreach (var vector in vectors.RootElement.GetProperty("tx_hashes").EnumerateArray())
        {
            var message = Text(vector, "message");
            var spent = Bip322.ToSpendId(Parse(Text(vector, "address")).Script, message);
            Assert.That(Convert.ToHexStringLower(Bip322.MessageHash(message)), Is.EqualTo(Text(vector, "message_hash")));
            Assert.That(Reversed(spent), Is.EqualTo(Text(vector, "to_spend_tx_hash")));
            Assert.That(Reversed(Bip322.ToSignId(spent)), Is.EqualTo(Text(vector, "to_sign_tx_hash")));
        }
    }

    [Test]
    public void Every_form_of_address_signs_and_no_bit_may_change()
    {
        var network = CoinDefinitions.Get("bitcoin")!.Networks["regtest"];
        var wallet = new TestWallet(7, network);
        var (segwit, taproot) = (Parse(wallet.P2wpkh), Parse(wallet.P2tr));
        (string Address, string Signature)[] all =
        [
            (wallet.P2pkh, wallet.SignBitcoin("m")),
            (wallet.P2sh, wallet.SignBitcoin("m", kind: 8)),
            (wallet.P2wpkh, wallet.SignBitcoin("m", kind: 12)),
            (wallet.P2wpkh, wallet.SignSegwit(segwit, "m")),
            (wallet.P2tr, wallet.SignTaproot(taproot, "m")),
            (wallet.P2tr, wallet.SignTaproot(taproot, "m", type: 1)),
        ];
        foreach (var (address, signature) in all)
        {
            Assert.That(IsGood(address, "m", signature), address);
            Assert.That(IsGood(address, "n", signature), Is.False, address);
            var bytes = Convert.FromBase64String(signature.StartsWith("smp", StringComparison.Ordinal) ? signature[3..] : signature);
            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                // The kind of address within the header is all that may differ: Electrum writes 31 to 34 for segwit too.
                var isKind = bytes.Length == 65 && bit < 8;
                if (!isKind) Assert.That(IsGood(address, "m", Convert.ToBase64String(bytes)), Is.False, $"{address}, bit {bit}");
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }

        Assert.That(IsGood(wallet.P2tr, "m", wallet.SignTaproot(taproot, "m", type: 2)), Is.False, "another sighash type");
        Assert.That(IsGood(wallet.P2pkh, "m", wallet.SignBitcoin("m", kind: 12)), Is.False, "header of another kind of address");
    }

    // web3.js, documentation of eth.accounts.sign.
    [Test]
    public void What_MetaMask_and_web3_write_is_taken()
    {
        const string Address = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";
        const string Signature =
            "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd"
            + "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c";
        Assert.That(
            Convert.ToHexStringLower(RecoverableMessage.EthereumHash("\x19" + "Ethereum Signed Message:\n", "Some data")),
            Is.EqualTo("1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655"));
        Assert.That(IsGood(Address, "Some data", Signature));
        Assert.That(IsGood(Address, "Some data", Signature[2..^2] + "01"), "v as 0 or 1, no 0x");
        Assert.That(IsGood(Address, "Some datum", Signature), Is.False);
        Assert.That(IsGood(Address, "Some data", Signature[..^2] + "1b"), Is.False);
        Assert.That(IsGood(Address, "Some data", Signature[..^2] + "1d"), Is.False);
        Assert.That(IsGood(Address.Replace('2', '3'), "Some data", Signature), Is.False);
    }

    [TestCase("")]
    [TestCase("smp")]
    [TestCase("AAAA")]
    [TestCase("ÿ")]
    [TestCase("0x")]
    [TestCase("AQA=")]
    [TestCase("Av3//w==")]
    public void What_is_no_signature_is_refused(string text)
    {
        foreach (var address in (string[])
            ["1JAd7XCBzGudGpJQSDSfpmJhiygtLQWaGL", "bc1qannfxke2tfd4l7vhepehpvt05y83v3qsf6nfkk",
                "bc1pss0zhytly75awhm6x2hhvd5lnzv3vssgrf9axfheq8ldyzn88ges79fler", "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"])
            Assert.That(IsGood(address, "m", text), Is.False, address);
        Assert.That(IsGood("1JAd7XCBzGudGpJQSDSfpmJhiygtLQWaGL", "m", new string('A', 88)), Is.False);
        Assert.That(IsGood("1JAd7XCBzGudGpJQSDSfpmJhiygtLQWaGL", "m", new string('A', 100_000)), Is.False);
    }

    [Test]
    public void Keccak_256_is_the_Keccak_of_the_competition()
    {
        Assert.That(Hex(""), Is.EqualTo("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"));
        Assert.That(Hex("abc"), Is.EqualTo("4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"));
        // With the padding of FIPS 202 it is SHA3-256, which the base library has: any length, every block's edge.
        for (var length = 0; length < 300; length++)
        {
            var data = new byte[length];
            new Random(length).NextBytes(data);
            Assert.That(Keccak256.Hash(data, 0x06), Is.EqualTo(SHA3_256.HashData(data)), $"{length} bytes");
        }

        static string Hex(string text) => Convert.ToHexStringLower(Keccak256.Hash(Encoding.ASCII.GetBytes(text)));
    }

    // The authors' page, homes.esat.kuleuven.be/~bosselae/ripemd160.html.
    [TestCase("", "9c1185a5c5e9fc54612808977ee8f548b2258d31")]
    [TestCase("abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc")]
    [TestCase("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "12a053384a9c0c88e405a06c27dcf49ada62eb2b")]
    [TestCase("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "b0e20b6e3116640286ed3a87a5713079b21f5189")]
    public void Ripemd_160_is_that_of_its_authors(string text, string hash) =>
        Assert.That(Convert.ToHexStringLower(Ripemd160.Hash(Encoding.ASCII.GetBytes(text))), Is.EqualTo(hash));

    private static bool IsGood(string address, string message, string signature) =>
        WalletSignature.IsGood(Parse(address), message, signature);

    private static WalletAddress Parse(string address)
    {
        var networks = from name in CoinDefinitions.Names
                       let coin = CoinDefinitions.Get(name)!
                       from network in coin.Networks.OrderBy(n => n.Key, StringComparer.Ordinal)
                       select (coin, network.Value);
        return WalletAddress.Parse(address, networks, out var error) ?? throw new ArgumentException(error);
    }

    private static string Text(JsonElement vector, string key) => vector.GetProperty(key).GetString()!;

    private static string Reversed(byte[] id) => Convert.ToHexStringLower(id.Reverse().ToArray());
}
