using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>
/// What the backoffice relies on in a node's wallet. The same tests run against the simulated node and against a real litecoind, so the
/// simulation cannot drift from what wallets do.
/// </summary>
public abstract partial class WalletContract
{
    /// <summary>Valid on both networks; nobody here has its key.</summary>
    protected const string Foreign = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn";

    private const string Nowhere = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    /// <summary>The node, without a wallet in the URL.</summary>
    private protected NodeRpc Node { get; private set; } = null!;

    private NodeRpc Pool => Node.Wallet("pool");

    [SetUp]
    public async Task StartNode() => Node = await Start();

    [TearDown]
    public Task StopNode() => Stop();

    private protected abstract Task<NodeRpc> Start();

    /// <summary>Stops it in order and starts it again on the same data.</summary>
    private protected abstract Task<NodeRpc> Restart();

    protected abstract Task Stop();

    [Test]
    public async Task Wallets_are_made_loaded_and_told_apart()
    {
        await Refused(-18, Node.Try("getbalance"));
        await Refused(-18, Node.Try("loadwallet", "pool"));
        Assert.That((await Node.Call("createwallet", "pool")).GetProperty("name").GetString(), Is.EqualTo("pool"));
        Assert.That((await Node.Call("getbalance")).GetDecimal(), Is.Zero);
        await Refused(-4, Node.Try("createwallet", "pool"));
        await Refused(-4, Node.Try("loadwallet", "pool"));
        await Refused(-18, Node.Wallet("other").Try("getbalance"));
        await Node.Call("createwallet", "other");
        await Refused(-19, Node.Try("getbalance"));
        Assert.That((await Node.Call("listwallets")).EnumerateArray().Select(name => name.GetString()),
            Is.EquivalentTo((string[])["other", "pool"]));
        await Node.Call("unloadwallet", "other");
        Assert.That((await Node.Call("listwallets")).GetArrayLength(), Is.EqualTo(1));
        await Node.Call("loadwallet", "other");
    }

    [Test]
    public async Task Addresses_are_known_as_ours_or_not()
    {
        await Node.Call("createwallet", "pool");
        var segwit = (await Pool.Call("getnewaddress")).GetString()!;
        var legacy = (await Pool.Call("getnewaddress", "label", "legacy")).GetString()!;
        await Refused(-5, Pool.Try("getnewaddress", "", "bogus"));
        Assert.That(segwit, Does.Match("^(bcrt|rltc)1q"));
        Assert.That(legacy, Does.Match("^[mn]"));
        foreach (var (address, isOurs, isWitness) in ((string, bool, bool)[])[
            (segwit, true, true), (legacy, true, false), (Foreign, false, false)])
        {
            var info = await Pool.Call("getaddressinfo", address);
            Assert.That(info.GetProperty("ismine").GetBoolean(), Is.EqualTo(isOurs));
            Assert.That(info.GetProperty("iswitness").GetBoolean(), Is.EqualTo(isWitness));
            var valid = await Node.Call("validateaddress", address);
            Assert.That(valid.GetProperty("isvalid").GetBoolean());
            Assert.That(valid.GetProperty("scriptPubKey").GetString(), Is.EqualTo(info.GetProperty("scriptPubKey").GetString()));
        }

        Assert.That(
            (await Pool.Call("getaddressesbylabel", "label")).EnumerateObject().Select(each => each.Name), Is.EqualTo((string[])[legacy]));
        await Refused(-11, Pool.Try("getaddressesbylabel", "another"));
        await Refused(-5, Pool.Try("getaddressinfo", "garbage"));
        Assert.That((await Node.Call("validateaddress", "garbage")).GetProperty("isvalid").GetBoolean(), Is.False);
    }

    [Test]
    public async Task A_coinbase_is_immature_for_100_blocks_and_then_spendable()
    {
        await Node.Call("createwallet", "pool");
        var first = (await Mine(99, await NewAddress()))[0];
        var coinbase = (await Node.Call("getblock", first)).GetProperty("tx")[0].GetString()!;
        var early = await Spend(coinbase, 1m);
        Assert.That(await Refused(-26, Node.Try("sendrawtransaction", early, 0)), Does.StartWith("bad-txns-premature-spend-of-coinbase"));

        await Mine(1, Foreign);
        Assert.That(await Balances(), Is.EqualTo((0m, 0m, 4950m)));
        var immature = await Pool.Call("gettransaction", coinbase);
        Assert.That(Category(immature), Is.EqualTo("immature"));
        Assert.That(immature.GetProperty("amount").GetDecimal(), Is.Zero);
        Assert.That(immature.GetProperty("generated").GetBoolean());
        Assert.That(immature.GetProperty("blockhash").GetString(), Is.EqualTo(first));
        Assert.That(immature.GetProperty("confirmations").GetInt32(), Is.EqualTo(100));
        Assert.That((await Pool.Call("listunspent")).GetArrayLength(), Is.Zero);

        await Mine(1, Foreign);
        var mature = await Pool.Call("gettransaction", coinbase);
        Assert.That(Category(mature), Is.EqualTo("generate"));
        Assert.That(mature.GetProperty("amount").GetDecimal(), Is.EqualTo(50m));
        Assert.That(await Balances(), Is.EqualTo((50m, 0m, 4900m)));
        var coin = (await Pool.Call("listunspent")).EnumerateArray().Single();
        Assert.That(coin.GetProperty("txid").GetString(), Is.EqualTo(coinbase));
        Assert.That(coin.GetProperty("amount").GetDecimal(), Is.EqualTo(50m));
        Assert.That(coin.GetProperty("confirmations").GetInt32(), Is.EqualTo(101));
        Assert.That(coin.GetProperty("spendable").GetBoolean());
    }

    [Test]
    public async Task A_payout_goes_from_draft_to_confirmed()
    {
        await FundPool();
        var draft = (await Node.Call("createrawtransaction", Array.Empty<object>(), new Dictionary<string, object> { [Foreign] = "1.25" }))
            .GetString();
        var funded = await Pool.Call("fundrawtransaction", draft, new { changePosition = 1, feeRate = "0.00010000", lockUnspents = true });
        var fee = funded.GetProperty("fee").GetDecimal();
        Assert.That(fee, Is.InRange(0.00001m, 0.00002m), "141 to 148 virtual bytes at 10 per byte");
        Assert.That(funded.GetProperty("changepos").GetInt32(), Is.EqualTo(1));
        Assert.That((await Pool.Call("listlockunspent")).GetArrayLength(), Is.EqualTo(1));
        Assert.That(
            await Refused(-26, Node.Try("sendrawtransaction", funded.GetProperty("hex").GetString())), Does.Contain("script-verify-flag"));

        var signed = await Pool.Call("signrawtransactionwithwallet", funded.GetProperty("hex").GetString());
        Assert.That(signed.GetProperty("complete").GetBoolean());
        var hex = signed.GetProperty("hex").GetString()!;
        var decoded = await Node.Call("decoderawtransaction", hex);
        var txid = decoded.GetProperty("txid").GetString()!;
        Assert.That(decoded.GetProperty("vout")[0].GetProperty("value").GetDecimal(), Is.EqualTo(1.25m));
        Assert.That(decoded.GetProperty("vin")[0].GetProperty("sequence").GetUInt32(), Is.EqualTo(0xFFFFFFFE));
        Assert.That(await Accepts(hex), Is.EqualTo((true, (string?)null)));
        Assert.That((await Node.Call("sendrawtransaction", hex)).GetString(), Is.EqualTo(txid));
        Assert.That((await Node.Call("sendrawtransaction", hex)).GetString(), Is.EqualTo(txid), "again, while it waits");
        Assert.That(await Accepts(hex), Is.EqualTo((false, "txn-already-in-mempool")));
        Assert.That((await Node.Call("getmempoolentry", txid)).GetProperty("fees").GetProperty("base").GetDecimal(), Is.EqualTo(fee));

        var waiting = await Pool.Call("gettransaction", txid);
        Assert.That(waiting.GetProperty("confirmations").GetInt32(), Is.Zero);
        Assert.That(waiting.TryGetProperty("blockhash", out _), Is.False);
        Assert.That(waiting.GetProperty("amount").GetDecimal(), Is.EqualTo(-1.25m));
        Assert.That(waiting.GetProperty("fee").GetDecimal(), Is.EqualTo(-fee));
        Assert.That(Category(waiting), Is.EqualTo("send"));
        Assert.That(waiting.GetProperty("details")[0].GetProperty("address").GetString(), Is.EqualTo(Foreign));
        Assert.That(waiting.GetProperty("hex").GetString(), Is.EqualTo(hex));
        Assert.That((await Balances()).Trusted, Is.EqualTo(50m - 1.25m - fee));

        var block = (await Mine(1, Foreign))[0];
        var confirmed = await Pool.Call("gettransaction", txid);
        Assert.That(confirmed.GetProperty("confirmations").GetInt32(), Is.EqualTo(1));
        Assert.That(confirmed.GetProperty("blockhash").GetString(), Is.EqualTo(block));
        Assert.That(confirmed.GetProperty("blockindex").GetInt32(), Is.Positive);
        Assert.That(await Refused(-27, Node.Try("sendrawtransaction", hex)), Is.EqualTo("Transaction already in block chain"));
        Assert.That(await Accepts(hex), Is.EqualTo((false, "txn-already-known")));
    }

    [Test]
    public async Task What_cannot_be_sent_is_refused_with_the_same_numbers()
    {
        await FundPool();
        var coin = (await Pool.Call("listunspent"))[0].GetProperty("txid").GetString()!;
        Assert.That(
            await Refused(-26, Node.Try("sendrawtransaction", await Spend(coin, 50m))), Does.StartWith("min relay fee not met, 0 < "));
        Assert.That(await Refused(-26, Node.Try("sendrawtransaction", await Spend(coin, 51m))), Does.StartWith("bad-txns-in-belowout"));
        Assert.That(await Refused(-26, Node.Try("sendrawtransaction", await Spend(coin, 0.000001m), 0)), Is.EqualTo("dust"));
        var first = await Spend(coin, 10m);
        var rival = await Spend(coin, 20m);
        await Node.Call("sendrawtransaction", first, 0);
        Assert.That(await Refused(-26, Node.Try("sendrawtransaction", rival, 0)), Is.EqualTo("txn-mempool-conflict"));
        Assert.That(await Accepts(rival), Is.EqualTo((false, "txn-mempool-conflict")));
        await Refused(-25, Node.Try("sendrawtransaction", await Spend(Nowhere, 1m)));
        Assert.That(await Accepts(await Spend(Nowhere, 1m)), Is.EqualTo((false, "missing-inputs")));
        Assert.That(await Refused(-22, Node.Try("sendrawtransaction", "00")), Does.StartWith("TX decode failed"));
        Assert.That(await Refused(-22, Node.Try("sendrawtransaction", "zz")), Does.StartWith("TX decode failed"));
        await Refused(-5, Pool.Try("gettransaction", Nowhere));
        await Refused(-8, Pool.Try("gettransaction", "aa"));
        await Refused(-5, Pool.Try("abandontransaction", (await Node.Call("decoderawtransaction", first)).GetProperty("txid").GetString()));

        var unsigned = await Pool.Call("signrawtransactionwithwallet", await Spend(Nowhere, 1m));
        Assert.That(unsigned.GetProperty("complete").GetBoolean(), Is.False);
        Assert.That(unsigned.GetProperty("errors")[0].GetProperty("error").GetString(), Is.EqualTo("Input not found or already spent"));
    }

    [Test]
    public async Task Lock_times_hold_a_transaction_back_until_they_pass()
    {
        await FundPool();
        var coin = (await Pool.Call("listunspent"))[0].GetProperty("txid").GetString()!;
        var payee = new Dictionary<string, object> { [Foreign] = 49.999m };
        var absolute = await Node.Call("createrawtransaction", new[] { new { txid = coin, vout = 0 } }, payee, 102);
        var relative = await Node.Call("createrawtransaction", new[] { new { txid = coin, vout = 0, sequence = 103 } }, payee);
        var late = await Sign(absolute.GetString()!);
        var later = await Sign(relative.GetString()!);
        Assert.That(await Refused(-26, Node.Try("sendrawtransaction", late)), Is.EqualTo("non-final"), "lock time 102 at height 101");
        Assert.That(await Refused(-26, Node.Try("sendrawtransaction", later)), Is.EqualTo("non-BIP68-final"), "103 blocks after height 1");

        await Mine(1, Foreign);
        Assert.That(await Accepts(late), Is.EqualTo((true, (string?)null)), "in the block of height 103");
        Assert.That(await Accepts(later), Is.EqualTo((false, "non-BIP68-final")));
        await Mine(1, Foreign);
        Assert.That(await Accepts(later), Is.EqualTo((true, (string?)null)), "in the block of height 104");
    }

    [Test]
    public async Task A_fee_above_the_limit_is_refused_unless_the_limit_is_lifted()
    {
        await FundPool();
        var coin = (await Pool.Call("listunspent"))[0].GetProperty("txid").GetString()!;
        var dear = await Spend(coin, 49m);
        Assert.That(await Refused(-25, Node.Try("sendrawtransaction", dear)), Does.StartWith("Fee exceeds maximum"));
        await Node.Call("sendrawtransaction", dear, 0);
    }

    [Test]
    public async Task Drafts_that_cannot_be_funded_are_refused_with_the_same_numbers()
    {
        await FundPool();
        Assert.That(await Refused(-4, Pool.Try("fundrawtransaction", await Draft(5000m))), Is.EqualTo("Insufficient funds"));
        Assert.That(
            await Refused(-4, Pool.Try("fundrawtransaction", await Draft(0.00000001m))), Is.EqualTo("Transaction amount too small"));
        Assert.That(
            await Refused(-3, Pool.Try("fundrawtransaction", await Draft(1m), new { bogus = 1 })), Is.EqualTo("Unexpected key bogus"));
        await Refused(-8, Pool.Try("fundrawtransaction", await Draft(1m), new { changePosition = 7 }));
        await Refused(-8, Pool.Try("fundrawtransaction", await Draft(1m), new { subtractFeeFromOutputs = new[] { 3 } }));
        await Refused(
            -3, Node.Try("createrawtransaction", Array.Empty<object>(), new Dictionary<string, object> { [Foreign] = "1.123456789" }));
        await Refused(-3, Node.Try("createrawtransaction", Array.Empty<object>(), new Dictionary<string, object> { [Foreign] = -1 }));
        await Refused(-5, Node.Try("createrawtransaction", Array.Empty<object>(), new Dictionary<string, object> { ["garbage"] = 1 }));

        var funded =
            await Pool.Call("fundrawtransaction", await Draft(2m), new { subtractFeeFromOutputs = new[] { 0 }, changePosition = 0 });
        var outputs = (await Node.Call("decoderawtransaction", funded.GetProperty("hex").GetString())).GetProperty("vout");
        Assert.That(outputs[1].GetProperty("value").GetDecimal(), Is.EqualTo(2m - funded.GetProperty("fee").GetDecimal()));
        Assert.That(outputs[0].GetProperty("value").GetDecimal(), Is.EqualTo(48m));
    }

    [Test]
    public async Task Locked_coins_are_left_alone()
    {
        await FundPool();
        var coin = new { txid = (await Pool.Call("listunspent"))[0].GetProperty("txid").GetString(), vout = 0 };
        await Pool.Call("lockunspent", false, new[] { coin });
        Assert.That((await Pool.Call("listunspent")).GetArrayLength(), Is.Zero);
        Assert.That(await Refused(-4, Pool.Try("fundrawtransaction", await Draft(1m))), Is.EqualTo("Insufficient funds"));
        Assert.That(await Refused(-8, Pool.Try("lockunspent", false, new[] { coin })), Does.Contain("output already locked"));
        Assert.That(await Refused(-8, Pool.Try("lockunspent", false, new[] { new { txid = Nowhere, vout = 0 } })),
            Does.Contain("unknown transaction"));
        Assert.That(
            await Refused(-8, Pool.Try("lockunspent", false, new[] { coin with { vout = 9 } })), Does.Contain("vout index out of bounds"));
        await Pool.Call("lockunspent", true, new[] { coin });
        Assert.That(await Refused(-8, Pool.Try("lockunspent", true, new[] { coin })), Does.Contain("expected locked output"));
        Assert.That((await Pool.Call("listunspent")).GetArrayLength(), Is.EqualTo(1));
        await Pool.Call("lockunspent", false, new[] { coin });
        await Pool.Call("lockunspent", true);
        Assert.That((await Pool.Call("listlockunspent")).GetArrayLength(), Is.Zero);
    }
}
