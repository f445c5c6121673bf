using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Contracts.Addresses;

namespace Viddhana.Tests.Engine.Contracts;

public sealed class AddressCodecTests
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors/contracts/addresses.json"))).RootElement;

    [Test]
    public void Base58_vectors_go_both_ways()
    {
        foreach (var (hex, text, _, _) in Rows("base58"))
        {
            Assert.That(Base58Check.TryDecodeRaw(text, out var bytes, out _), Is.True, text);
            Assert.That(Convert.ToHexStringLower(bytes), Is.EqualTo(hex));
            Assert.That(Base58Check.EncodeRaw(bytes), Is.EqualTo(text));
        }
    }

    [TestCase("invalid", "'l' is not a Base58 character")]
    [TestCase("bad0IOl", "'0' is not a Base58 character")]
    [TestCase(" skip", "'U+0020' is not a Base58 character")]
    [TestCase("good\0", "'U+0000' is not a Base58 character")]
    public void What_is_no_base58_is_refused(string text, string expected)
    {
        Assert.That(Base58Check.TryDecodeRaw(text, out _, out var error), Is.False);
        Assert.That(error, Is.EqualTo(expected));
    }

    [Test]
    public void Addresses_of_every_network_give_their_script_and_back()
    {
        foreach (var (coin, network, address, script) in Rows("addresses"))
        {
            var forms = NetworkOf(coin, network);
            Assert.That(
                AddressCodec.TryDecode(address, forms, out var bytes, out var error), Is.True, $"{coin} {network} {address}: {error}");
            Assert.That(Convert.ToHexStringLower(bytes), Is.EqualTo(script), address);
            Assert.That(AddressCodec.FromScript(bytes, forms), Is.EqualTo(address));
        }
    }

    [Test]
    public void Old_script_hash_versions_are_read_and_written_in_the_new_form()
    {
        foreach (var (coin, network, address, script) in Rows("oldP2sh"))
        {
            var forms = NetworkOf(coin, network);
            Assert.That(AddressCodec.TryDecode(address, forms, out var bytes, out _), Is.True, address);
            Assert.That(Convert.ToHexStringLower(bytes), Is.EqualTo(script));
            Assert.That(AddressCodec.FromScript(bytes, forms), Is.Not.EqualTo(address).And.Matches("^[MQ]"));
        }
    }

    [Test]
    public void Bech32_and_Bech32m_vectors()
    {
        foreach (var text in Texts("bech32mValid"))
        {
            Assert.That(Bech32.TryDecode(text, out _, out _, out var isBech32m, out var error), Is.True, $"{text}: {error}");
            Assert.That(isBech32m, Is.True, text);
        }

        foreach (var text in Texts("bech32Invalid").Concat(Texts("bech32mInvalid")))
            Assert.That(Bech32.TryDecode(text, out _, out _, out _, out _), Is.False, text);
    }

    [Test]
    public void Witness_address_vectors()
    {
        foreach (var (prefix, address, script, _) in Rows("witnessValid"))
        {
            Assert.That(
                Bech32.TryDecodeWitness(address, prefix, out var version, out var program, out var error), Is.True, $"{address}: {error}");
            Assert.That(
                $"{(version == 0 ? 0 : 0x50 + version):x2}{program.Length:x2}{Convert.ToHexStringLower(program)}", Is.EqualTo(script));
            Assert.That(Bech32.EncodeWitness(prefix, version, program), Is.EqualTo(address.ToLowerInvariant()));
        }

        foreach (var address in Texts("witnessInvalid"))
            foreach (var prefix in (string[])["bc", "tb"])
                Assert.That(Bech32.TryDecodeWitness(address, prefix, out _, out _, out _), Is.False, address);
    }

    [TestCase("1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo", "mainnet", null)]
    [TestCase("1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mp", "mainnet", "wrong Base58 checksum: a character is missing or mistyped")]
    [TestCase("1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo", "testnet", "is for bitcoin mainnet")]
    [TestCase("LT2KVaAy1ppRuxRgrS5RNU3vBsy7RibPeA", "mainnet", "is for litecoin mainnet")]
    [TestCase(
        "n4fajahJrAuKbN7uNsKjLjQkz9Qn5ewJXQ",
        "mainnet",
        "is for bitcoin regtest or bitcoin signet or bitcoin testnet or bitcoin testnet4 or litecoin regtest or litecoin testnet")]
    [TestCase("bcrt1qdavt4j2sd7dlhqsavtnfxvzppw6k7qy97tmnu9", "mainnet", "is for bitcoin regtest")]
    [TestCase("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", "mainnet", null)]
    [TestCase("BC1QVYQ0CC6RAHYVSAZFDJE0TWL7EZ82NDMUAC2LHV", "mainnet", null)]
    [TestCase("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhV", "mainnet", "mixes upper and lower case")]
    [TestCase("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhw", "mainnet", "wrong Bech32 checksum: a character is missing or mistyped")]
    [TestCase("bc1z2rksukkjr8", "mainnet", "has witness version 2 with 2 bytes, which has no spending rules: anyone could take the coins")]
    [TestCase("ltcmweb1qq0", "mainnet", "is an MWEB address, which a coinbase cannot pay: give one that begins with 'ltc1', 'L' or 'M'")]
    [TestCase("5JuW2AMDYu4xVwRG9DZW18VbzQrGcd5RCgb99sS6ehJsNQXu5b9", "mainnet", "holds 33 bytes instead of 21")]
    [TestCase("", "mainnet", "is empty")]
    public void What_is_wrong_with_a_bitcoin_address_is_told(string address, string network, string? expected)
    {
        var isGood = AddressCodec.TryDecode(address, NetworkOf("bitcoin", network), out var script, out var error);

        Assert.That(isGood ? null : error, Is.EqualTo(expected));
        Assert.That(script.Length > 0, Is.EqualTo(isGood));
    }

    [Test]
    public void Every_single_change_of_a_character_is_noticed()
    {
        const string Characters = "023456789ACDEFGHJKLMNPQRSTUVWXYZacdefghjklmnpqrstuvwxyz1bioBIO";
        var network = NetworkOf("bitcoin", "mainnet");
        foreach (var address in (string[])["bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", "1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo"])
            for (var i = 0; i < address.Length; i++)
                foreach (var character in Characters.Where(c => c != address[i]))
                {
                    var changed = address[..i] + character + address[(i + 1)..];
                    Assert.That(AddressCodec.TryDecode(changed, network, out _, out _), Is.False, changed);
                }
    }

    [TestCase("")]
    [TestCase("6a24aa21a9ed0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6")]
    [TestCase("0015751e76e8199196d454941c45d1b3a323f1433bd600")]
    public void Other_scripts_have_no_address(string script)
    {
        Assert.That(AddressCodec.FromScript(Convert.FromHexString(script), NetworkOf("bitcoin", "mainnet")), Is.Null);
    }

    private static CoinNetwork NetworkOf(string coin, string network) => CoinDefinitions.Get(coin)!.Networks[network];

    private static IEnumerable<string> Texts(string name) => Vectors.GetProperty(name).EnumerateArray().Select(item => item.GetString()!);

    private static IEnumerable<(string A, string B, string C, string D)> Rows(string name) =>
        Vectors.GetProperty(name).EnumerateArray().Select(row => (At(row, 0), At(row, 1), At(row, 2), At(row, 3)));

    private static string At(JsonElement row, int index) => index < row.GetArrayLength() ? row[index].GetString()! : "";
}
