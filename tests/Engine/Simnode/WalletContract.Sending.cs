using System.Text.Json;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Simnode;

/// <content>Sending in one call, reorganisations, passphrases, restarts.</content>
public abstract partial class WalletContract
{
    [Test]
    public async Task Many_are_paid_at_once_and_recipients_may_bear_the_fee()
    {
        await FundPool();
        var own = await NewAddress();
        var payees = new Dictionary<string, object> { [Foreign] = "0.01", [own] = 0.02 };
        var txid = (await Pool.Call("sendmany", "", payees, 1, "a comment", new[] { Foreign })).GetString()!;
        var sent = await Pool.Call("gettransaction", txid);
        var fee = -sent.GetProperty("fee").GetDecimal();
        Assert.That(fee, Is.Positive);
        Assert.That(sent.GetProperty("comment").GetString(), Is.EqualTo("a comment"));
        Assert.That(Details(sent),
            Is.EquivalentTo((string[])[$"send {Foreign} {fee - 0.01m:F8}", $"send {own} -0.02000000", $"receive {own} 0.02000000"]));

        Assert.That(await Refused(-6, Pool.Try("sendmany", "", new Dictionary<string, object> { [Foreign] = 100_000 })),
            Is.EqualTo("Insufficient funds"));
        Assert.That(await Refused(-6, Pool.Try("sendmany", "", new Dictionary<string, object> { [Foreign] = "0.00000001" })),
            Is.EqualTo("Transaction amount too small"));
        Assert.That(await Refused(-3, Pool.Try("sendmany", "", new Dictionary<string, object> { [Foreign] = "0.123456789" })),
            Is.EqualTo("Invalid amount"));
        await Refused(-5, Pool.Try("sendmany", "", new Dictionary<string, object> { ["bad"] = 1 }));
        await Refused(-8, Pool.Try("sendmany", "x", payees));
        await Refused(-6, Pool.Try("sendmany", "", new Dictionary<string, object>()));
    }

    [Test]
    public async Task One_is_paid_by_sendtoaddress_and_the_list_shows_it_last()
    {
        await FundPool();
        var first = (await Pool.Call("sendtoaddress", Foreign, "0.5")).GetString();
        var second = (await Pool.Call("sendtoaddress", Foreign, 0.7, "what for", "to whom", true)).GetString();
        var listed = (await Pool.Call("listtransactions", "*", 2)).EnumerateArray().ToList();
        Assert.That(listed.Select(each => each.GetProperty("txid").GetString()), Is.EqualTo((string?[])[first, second]));
        Assert.That(listed[1].GetProperty("comment").GetString(), Is.EqualTo("what for"));
        Assert.That(listed[1].GetProperty("to").GetString(), Is.EqualTo("to whom"));
        Assert.That(listed[1].GetProperty("amount").GetDecimal(), Is.EqualTo(-0.7m - listed[1].GetProperty("fee").GetDecimal()));
        Assert.That(listed[1].GetProperty("category").GetString(), Is.EqualTo("send"));
        var skipped = await Pool.Call("listtransactions", "*", 1, 1);
        Assert.That(skipped[0].GetProperty("txid").GetString(), Is.EqualTo(first));
        Assert.That(await Refused(-6, Pool.Try("sendtoaddress", Foreign, 100_000)), Is.EqualTo("Insufficient funds"));
        await Refused(-5, Pool.Try("sendtoaddress", "bad", 1));
        await Refused(-3, Pool.Try("sendtoaddress", Foreign, -1));
        await Refused(-6, Pool.Try("sendtoaddress", Foreign, 0));
    }

    [Test]
    public async Task A_payout_survives_a_reorganisation_and_a_coinbase_does_not()
    {
        await FundPool();
        var txid = (await Pool.Call("sendtoaddress", Foreign, 1)).GetString()!;
        var own = (await Mine(1, await NewAddress()))[0];
        var coinbase = (await Node.Call("getblock", own)).GetProperty("tx")[0].GetString()!;
        Assert.That((await Pool.Call("gettransaction", txid)).GetProperty("confirmations").GetInt32(), Is.EqualTo(1));

        await Node.Call("invalidateblock", own);
        var back = await Pool.Call("gettransaction", txid);
        Assert.That(back.GetProperty("confirmations").GetInt32(), Is.Zero);
        Assert.That(back.TryGetProperty("blockhash", out _), Is.False);
        Assert.That((await Node.Call("getrawmempool")).EnumerateArray().Select(each => each.GetString()), Does.Contain(txid));

        var others = await Mine(2, Foreign);
        await Node.Call("reconsiderblock", own);
        var again = await Pool.Call("gettransaction", txid);
        Assert.That(again.GetProperty("blockhash").GetString(), Is.EqualTo(others[0]));
        Assert.That(again.GetProperty("confirmations").GetInt32(), Is.EqualTo(2));

        var orphan = await Pool.Call("gettransaction", coinbase);
        Assert.That(Category(orphan), Is.EqualTo("orphan"));
        Assert.That(orphan.GetProperty("confirmations").GetInt32(), Is.Zero);
        Assert.That(orphan.TryGetProperty("blockhash", out _), Is.False);
        Assert.That((await Node.Call("getblock", own)).GetProperty("confirmations").GetInt32(), Is.EqualTo(-1));
        Assert.That((await Node.Call("getblockheader", own)).GetProperty("confirmations").GetInt32(), Is.EqualTo(-1));
    }

    [Test]
    public async Task A_replaceable_payout_gives_way_to_one_that_pays_more()
    {
        await FundPool();
        var funded =
            await Pool.Call("fundrawtransaction", await Draft(1m), new { replaceable = true, feeRate = "0.00010000", changePosition = 1 });
        var first = await Sign(funded.GetProperty("hex").GetString()!);
        var decoded = await Node.Call("decoderawtransaction", first);
        var input = decoded.GetProperty("vin")[0];
        Assert.That(input.GetProperty("sequence").GetUInt32(), Is.EqualTo(0xFFFFFFFD));
        await Node.Call("sendrawtransaction", first);
        var firstId = decoded.GetProperty("txid").GetString()!;
        Assert.That((await Pool.Call("gettransaction", firstId)).GetProperty("bip125-replaceable").GetString(), Is.EqualTo("yes"));

        var change = AddressOf(decoded.GetProperty("vout")[1]);
        var value = decoded.GetProperty("vout")[1].GetProperty("value").GetDecimal();
        var same = await Replace(input, change, value - 0.00000001m);
        Assert.That(await Refused(-26, Node.Try("sendrawtransaction", same)), Does.StartWith("insufficient fee"));
        var more = await Replace(input, change, value - 0.0001m);
        var moreId = (await Node.Call("sendrawtransaction", more)).GetString()!;

        await Refused(-5, Node.Try("getmempoolentry", firstId));
        await Mine(2, Foreign);
        Assert.That((await Pool.Call("gettransaction", moreId)).GetProperty("confirmations").GetInt32(), Is.EqualTo(2));
        var replaced = await Pool.Call("gettransaction", firstId);
        Assert.That(replaced.GetProperty("confirmations").GetInt32(), Is.EqualTo(-2));
        Assert.That(replaced.GetProperty("walletconflicts")[0].GetString(), Is.EqualTo(moreId));
    }

    [Test]
    public async Task A_locked_wallet_funds_but_does_not_sign()
    {
        await FundPool();
        await Refused(-15, Pool.Try("walletpassphrase", "secret", 60));
        await Pool.Call("encryptwallet", "secret");
        var funded = await Pool.Call("fundrawtransaction", await Draft(1m));
        await Refused(-13, Pool.Try("signrawtransactionwithwallet", funded.GetProperty("hex").GetString()));
        await Refused(-13, Pool.Try("sendmany", "", new Dictionary<string, object> { [Foreign] = 1 }));
        await Refused(-14, Pool.Try("walletpassphrase", "wrong", 60));
        await Pool.Call("walletpassphrase", "secret", 60);
        await Sign(funded.GetProperty("hex").GetString()!);
        Assert.That((await Pool.Call("getwalletinfo")).GetProperty("unlocked_until").GetInt64(), Is.Positive);
        await Pool.Call("walletlock");
        await Refused(-13, Pool.Try("sendtoaddress", Foreign, 1));
        await Refused(-15, Pool.Try("encryptwallet", "again"));
    }

    [Test]
    public async Task A_restart_keeps_coins_and_payouts_but_forgets_locks_and_loads_no_wallet()
    {
        await FundPool();
        var txid = (await Pool.Call("sendtoaddress", Foreign, 1)).GetString()!;
        var coin = (await Pool.Call("listunspent", 0))[0];
        await Pool.Call("lockunspent", false,
            new[] { new { txid = coin.GetProperty("txid").GetString(), vout = coin.GetProperty("vout").GetInt32() } });
        var before = await Balances();

        Node = await Restart();
        await Refused(-18, Pool.Try("getbalance"));
        await Node.Call("loadwallet", "pool");
        Assert.That((await Pool.Call("listlockunspent")).GetArrayLength(), Is.Zero);
        await Eventually.Holds(
            "the payout waits in the mempool again", async () => (await Node.Try("getmempoolentry", txid)).Error is null);
        Assert.That(await Balances(), Is.EqualTo(before));
        await Mine(1, Foreign);
        Assert.That((await Pool.Call("gettransaction", txid)).GetProperty("confirmations").GetInt32(), Is.EqualTo(1));
    }

    private static string AddressOf(JsonElement output)
    {
        var script = output.GetProperty("scriptPubKey");
        return script.TryGetProperty("address", out var one) ? one.GetString()! : script.GetProperty("addresses")[0].GetString()!;
    }

    private static string Category(JsonElement transaction) => transaction.GetProperty("details")[0].GetProperty("category").GetString()!;

    private static IEnumerable<string> Details(JsonElement transaction) =>
        from each in transaction.GetProperty("details").EnumerateArray()
        let category = each.GetProperty("category").GetString()
        let address = each.GetProperty("address").GetString()
        select $"{category} {address} {each.GetProperty("amount").GetDecimal():F8}";

    // The message of an error, whose number must be right.
    private static async Task<string> Refused(int code, Task<(JsonElement Result, JsonElement? Error)> call)
    {
        var (result, error) = await call;
        Assert.That(error, Is.Not.Null, $"answered {result}");
        Assert.That(error!.Value.GetProperty("code").GetInt32(), Is.EqualTo(code), error.Value.ToString());
        return error.Value.GetProperty("message").GetString()!;
    }

    // A wallet with one coin of 50 that may be spent.
    private async Task FundPool()
    {
        await Node.Call("createwallet", "pool");
        await Mine(1, await NewAddress());
        await Mine(100, Foreign);
    }

    private async Task<string> NewAddress() => (await Pool.Call("getnewaddress")).GetString()!;

    private async Task<string[]> Mine(int count, string address) =>
        [.. (await Node.Call("generatetoaddress", count, address)).EnumerateArray().Select(hash => hash.GetString()!)];

    private async Task<(decimal Trusted, decimal Pending, decimal Immature)> Balances()
    {
        var mine = (await Pool.Call("getbalances")).GetProperty("mine");
        return (mine.GetProperty("trusted").GetDecimal(), mine.GetProperty("untrusted_pending").GetDecimal(),
            mine.GetProperty("immature").GetDecimal());
    }

    private async Task<string> Draft(decimal amount) => (await Node.Call(
        "createrawtransaction", Array.Empty<object>(), new Dictionary<string, object> { [Foreign] = amount })).GetString()!;

    // Spends output 0 of a transaction, signed as far as the wallet can; all that is not paid is fee.
    private async Task<string> Spend(string txid, decimal amount)
    {
        var draft = await Node.Call(
            "createrawtransaction", new[] { new { txid, vout = 0 } }, new Dictionary<string, object> { [Foreign] = amount });
        return (await Pool.Call("signrawtransactionwithwallet", draft.GetString())).GetProperty("hex").GetString()!;
    }

    private async Task<string> Replace(JsonElement input, string change, decimal value)
    {
        var spent =
            new { txid = input.GetProperty("txid").GetString(), vout = input.GetProperty("vout").GetInt32(), sequence = 0xFFFFFFFD };
        var draft =
            await Node.Call("createrawtransaction", new[] { spent }, new Dictionary<string, object> { [Foreign] = 1m, [change] = value });
        return await Sign(draft.GetString()!);
    }

    private async Task<string> Sign(string hex)
    {
        var signed = await Pool.Call("signrawtransactionwithwallet", hex);
        Assert.That(signed.GetProperty("complete").GetBoolean());
        return signed.GetProperty("hex").GetString()!;
    }

    private async Task<(bool Allowed, string? Reason)> Accepts(string hex)
    {
        var answer = (await Node.Call("testmempoolaccept", new List<string> { hex }))[0];
        return (
            answer.GetProperty("allowed").GetBoolean(), answer.TryGetProperty("reject-reason", out var reason) ? reason.GetString() : null);
    }
}
