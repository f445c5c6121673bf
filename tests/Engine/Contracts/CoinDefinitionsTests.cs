using System.Text;
using Viddhana.Contracts;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Chains;
using Viddhana.Core.Stratum;

namespace Viddhana.Tests.Engine.Contracts;

public sealed class CoinDefinitionsTests
{
    [Test]
    public void Bitcoin_and_litecoin_are_built_in()
    {
        Assert.That(CoinDefinitions.Names, Is.EqualTo(new[] { "bitcoin", "litecoin" }));
        Assert.That(CoinDefinitions.Get("dogecoin"), Is.Null);
    }

    [Test]
    public void Every_definition_is_complete()
    {
        foreach (var coin in CoinDefinitions.Names.Select(name => CoinDefinitions.Get(name)!))
        {
            Assert.That(coin.Difficulty1Target, Does.Match("^[0-9a-f]{64}$"), coin.Name);
            Assert.That(coin.Networks, Does.ContainKey("mainnet").And.ContainKey("regtest"), coin.Name);
            Assert.That(coin.TemplateRules, Does.Contain("segwit"), coin.Name);
            Assert.That(coin.CoinbaseMaturity, Is.EqualTo(100), coin.Name);
            Assert.That(coin.ExplorerBlock, Does.Contain("{hash}"), coin.Name);
            Assert.That(coin.ExplorerTransaction, Does.Contain("{txid}"), coin.Name);
        }
    }

    [Test]
    public void Every_definition_names_what_the_engine_has()
    {
        foreach (var coin in CoinDefinitions.Names.Select(name => CoinDefinitions.Get(name)!))
        {
            Assert.That(Chains.ByName.Keys, Does.Contain(coin.Chain), coin.Name);
            Assert.That(PowAlgorithms.ByName.Keys, Does.Contain(coin.Algorithm), coin.Name);
            Assert.That(Dialects.ByName.Keys, Does.Contain(coin.Dialect), coin.Name);
        }
    }

    [TestCase("\"decimals\": 8", "\"decimals\": 99", "coin.json: 'decimals' must be a whole number from 0 to 18")]
    [TestCase("\"decimals\"", "\"decimal\"", "coin.json: 'decimals' must be a whole number from 0 to 18")]
    [TestCase("\"decimals\"", "\"x\": 1, \"decimals\"", "coin.json: unknown key 'x'")]
    [TestCase("\"p2pkh\": [0]", "\"p2pkh\": [256]", "coin.json: networks.mainnet: 'p2pkh' must be a list of numbers from 0 to 255")]
    public void A_wrong_definition_is_told_with_file_and_key(string from, string to, string expected)
    {
        using var stream = typeof(CoinDefinitions).Assembly.GetManifestResourceStream("coins/bitcoin.json")!;
        var json = new StreamReader(stream).ReadToEnd().Replace(from, to);

        Assert.That(
            () => CoinDefinitions.Parse(Encoding.UTF8.GetBytes(json), "coin.json"),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(expected));
    }
}
