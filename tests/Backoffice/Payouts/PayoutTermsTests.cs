using Viddhana.Backoffice.Payouts;

namespace Viddhana.Tests.Backoffice.Payouts;

/// <summary>The round pays each account as it wants to be paid, and nobody whom an operator holds back.</summary>
public sealed class PayoutTermsTests
{
    private const string Alice = TermsScene.Alice;
    private const string Bob = TermsScene.Bob;
    private const long Coin = TermsScene.Coin;

    [Test]
    public async Task An_accounts_own_threshold_counts_for_it_alone_and_stays_inside_the_pools_bounds()
    {
        await using var scene = await TermsScene.New(p => (p.ThresholdMin, p.ThresholdMax) = (0.5m, 10m));
        var alice = await scene.Owe(Alice, 4 * Coin);
        await scene.Owe(Bob, 2 * Coin);
        var carol = await scene.Owe(TermsScene.Carol, (Coin / 2) - 1);
        await scene.Set(alice, Alice, new SettingsChange { SetsThreshold = true, Threshold = 5 * Coin });
        await scene.Set(carol, TermsScene.Carol, new SettingsChange { SetsThreshold = true, Threshold = 1 });
        await scene.Pay();
        await scene.Settle();
        Assert.That(scene.Paid().Keys, Is.EquivalentTo(new[] { Bob }), "Alice is under her own, Carol under the least that there is");

        await scene.Owe(Alice, Coin);
        await scene.Owe(TermsScene.Carol, 1);
        await scene.Pay();
        Assert.That(scene.Paid().Keys, Is.EquivalentTo(new[] { Alice, Bob, TermsScene.Carol }));
    }

    [Test]
    public async Task A_paused_account_is_not_paid_and_not_on_request_either()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, 2 * Coin);
        Assert.That((await scene.Ask(alice, "one")).Code, Is.Null);
        await scene.Set(alice, Alice, new SettingsChange { IsPaused = true });
        await scene.Pay();
        Assert.That(scene.Paid(), Is.Empty);
        Assert.That((await scene.Ask(alice, "two")).Code, Is.EqualTo("paused"));

        await scene.Set(alice, Alice, new SettingsChange { IsPaused = false });
        await scene.Pay();
        Assert.That(scene.Paid()[Alice], Is.EqualTo(2 * Coin));
    }

    [TestCase("daily", 1)]
    [TestCase("weekly", 2)]
    public async Task A_schedule_pays_once_in_its_time(string schedule, int daysLater)
    {
        // It is Saturday noon: the next day begins in 12 hours, the next week in 36.
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, Coin);
        await scene.Set(alice, Alice, new SettingsChange { Schedule = schedule });
        await scene.Pay();
        await scene.Settle();
        await scene.Owe(Alice, Coin);
        await scene.Settle();
        Assert.That(scene.Paid()[Alice], Is.EqualTo(Coin));

        scene.Clock.Advance(TimeSpan.FromDays(daysLater) - TimeSpan.FromHours(12) - TimeSpan.FromMilliseconds(1));
        await scene.Settle();
        Assert.That(scene.Paid()[Alice], Is.EqualTo(Coin), "a moment before");
        scene.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await scene.Settle();
        Assert.That(scene.Paid()[Alice], Is.EqualTo(2 * Coin));
    }

    [Test]
    public async Task A_manual_account_is_paid_on_request_only_once_per_key_and_down_to_the_minimum()
    {
        await using var scene = await TermsScene.New(p => p.RequestMin = 0.25m);
        var alice = await scene.Owe(Alice, (Coin / 4) - 1);
        await scene.Set(alice, Alice, new SettingsChange { Schedule = "manual" });
        Assert.That((await scene.Ask(alice, "k1")).Code, Is.EqualTo("below-minimum"));
        await scene.Owe(Alice, 1);

        var first = await scene.Ask(alice, "k1");
        var again = await scene.Ask(alice, "k1");
        Assert.That((first.IsNew, again.IsNew, again.Request!.RequestId), Is.EqualTo((true, false, first.Request!.RequestId)));
        Assert.That((await scene.Ask(alice, "k2")).Code, Is.EqualTo("request-waits"));
        await scene.Pay();
        await scene.Settle();
        Assert.That(scene.Paid()[Alice], Is.EqualTo(Coin / 4));

        await scene.Owe(Alice, 5 * Coin);
        Assert.That((await scene.Ask(alice, "k1")).Request!.PayoutId, Is.Not.Null, "the key still names what was paid");
        await scene.Settle();
        Assert.That(scene.Paid()[Alice], Is.EqualTo(Coin / 4), "a request is good for one payout");
        var soon = await scene.Ask(alice, "k3");
        Assert.That((soon.Code, soon.Wait), Is.EqualTo(("too-soon", TimeSpan.FromHours(24))));
        scene.Clock.Advance(TimeSpan.FromHours(24));
        Assert.That((await scene.Ask(alice, "k3")).Code, Is.Null);
        await scene.Settle();
        Assert.That(scene.Paid()[Alice], Is.EqualTo((5 * Coin) + (Coin / 4)));
    }

    [Test]
    public async Task A_request_whose_payout_was_given_up_waits_again_and_one_that_was_withdrawn_does_not()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, Coin / 2);
        var asked = await scene.Ask(alice, "k");
        scene.Wallet.RefuseMethod = "fundrawtransaction";
        await scene.Pay();
        Assert.That((await scene.Requests().FindAsync(asked.Request!.RequestId, CancellationToken.None))!.State, Is.EqualTo("taken"));
        Assert.That(await scene.Requests().CancelAsync(asked.Request.RequestId, CancellationToken.None), Is.False, "too late");
        var prepared = (await scene.Newest())!;
        Assert.That(await scene.Holds().GiveUpAsync(scene.Pool.PoolId, prepared.PayoutId, "why not", TermsScene.Operator), Is.True);
        Assert.That((await scene.Requests().FindAsync(asked.Request.RequestId, CancellationToken.None))!.State, Is.EqualTo("waiting"));
        Assert.That(await scene.Owed(Alice), Is.EqualTo(Coin / 2));

        Assert.That(await scene.Requests().CancelAsync(asked.Request.RequestId, CancellationToken.None), Is.True);
        scene.Wallet.RefuseMethod = null;
        await scene.Pay();
        Assert.That(scene.Paid(), Is.Empty);
        await scene.AssertBooks();
    }

    [Test]
    public async Task Above_the_bound_nothing_goes_without_approval_then_so_much_once_and_only_to_the_address_approved()
    {
        await using var scene = await TermsScene.New(p => p.ApprovalAbove = 5m);
        var alice = await scene.Owe(Alice, 20 * Coin);
        await scene.Owe(Bob, 5 * Coin);
        await scene.Pay();
        await scene.Settle();
        Assert.That(scene.Paid(), Is.EqualTo(new Dictionary<string, long> { [Bob] = 5 * Coin }), "the others do not wait for Alice");

        await scene.Approve(alice, Alice, TermsScene.Thief, 20 * Coin);
        await scene.Settle();
        Assert.That(scene.Paid().ContainsKey(Alice), Is.False, "approved for another address than hers");
        await scene.Approve(alice, Alice, Alice, 3 * Coin);
        await scene.Settle();
        await scene.Settle();
        await scene.Settle();
        Assert.That(scene.Paid()[Alice], Is.EqualTo(3 * Coin), "once, though that is under the bound");
        Assert.That(await scene.Owed(Alice), Is.EqualTo(17 * Coin));

        await scene.Approve(alice, Alice, Alice, 100 * Coin);
        await scene.Settle();
        await scene.Settle();
        Assert.That(scene.Paid()[Alice], Is.EqualTo(20 * Coin));
        await scene.AssertBooks();
    }

    [Test]
    public async Task A_frozen_account_is_not_paid_and_the_others_are()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, 2 * Coin);
        await scene.Owe(Bob, 2 * Coin);
        Assert.That((await scene.Freeze(HoldSubject.Account(alice, Alice))).Hold, Is.Not.Null);
        Assert.That((await scene.Freeze(HoldSubject.Account(alice, Alice))).Refusal, Is.EqualTo("already-frozen"));
        Assert.That((await scene.Ask(alice, "k")).Code, Is.EqualTo("frozen"));
        await scene.Pay();
        await scene.Settle();
        Assert.That(scene.Paid().Keys, Is.EqualTo(new[] { Bob }));

        Assert.That((await scene.Release(HoldSubject.Account(alice, Alice)))!.ReleasedBy, Is.EqualTo("olga"));
        await scene.Settle();
        Assert.That(scene.Paid().Keys, Is.EquivalentTo(new[] { Alice, Bob }));
        Assert.That(
            await scene.Scalar<string>("SELECT string_agg(action || ' ' || subject || details, ';' ORDER BY entry_id) FROM audit_entries"),
            Is.EqualTo($$"""payout.account.frozen {{Alice}}{"reason":"by the test"};"""
                + $$"""payout.account.released {{Alice}}{"reason":"by the test"}"""));
    }

    [Test]
    public async Task A_frozen_pool_prepares_and_signs_nothing_but_goes_on_with_what_is_signed()
    {
        await using var scene = await TermsScene.New();
        await scene.Owe(Alice, 2 * Coin);
        await scene.Freeze(HoldSubject.Pool(scene.Pool));
        await scene.Pay();
        Assert.That(await scene.Newest(), Is.Null);
        await scene.Release(HoldSubject.Pool(scene.Pool));
        scene.Wallet.RefuseMethod = "fundrawtransaction";
        await scene.Pay();
        await scene.Freeze(HoldSubject.Pool(scene.Pool));
        scene.Wallet.RefuseMethod = null;
        await scene.Pay();
        Assert.That((await scene.Newest())!, Has.Property("State").EqualTo("prepared").And.Property("StateReason").Contains("frozen"));

        await scene.Release(HoldSubject.Pool(scene.Pool));
        scene.Wallet.RefuseMethod = "sendrawtransaction";
        await scene.Pay();
        Assert.That((await scene.Newest())!.State, Is.EqualTo("signed"));
        await scene.Freeze(HoldSubject.Pool(scene.Pool));
        scene.Wallet.RefuseMethod = null;
        await scene.Pay();
        Assert.That(scene.Paid()[Alice], Is.EqualTo(2 * Coin), "what is signed may be on the network anyway");
    }

    [Test]
    public async Task A_frozen_payout_is_not_signed_and_one_that_is_signed_cannot_be_frozen_or_given_up()
    {
        await using var scene = await TermsScene.New();
        await scene.Owe(Alice, 2 * Coin);
        scene.Wallet.RefuseMethod = "fundrawtransaction";
        await scene.Pay();
        var payout = HoldSubject.Payout((await scene.Newest())!.PayoutId);
        Assert.That((await scene.Freeze(payout)).Hold!.Kind, Is.EqualTo("payout"));
        scene.Wallet.RefuseMethod = null;
        await scene.Pay();
        Assert.That(scene.Wallet.Sent, Is.Empty);

        await scene.Release(payout);
        await scene.Pay();
        Assert.That(scene.Wallet.Sent, Has.Count.EqualTo(1));
        Assert.That((await scene.Freeze(payout)).Refusal, Is.EqualTo("already-signed"));
        Assert.That(await scene.Holds().GiveUpAsync(scene.Pool.PoolId, payout.PayoutId!.Value, "no", TermsScene.Operator), Is.False);
        await scene.AssertBooks();
    }

    /// <summary>The worst moment: while the wallet signs. The bytes are thrown away, and the account is left out.</summary>
    [Test]
    public async Task An_account_that_is_frozen_while_the_wallet_signs_is_not_paid()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, 2 * Coin);
        await scene.Owe(Bob, 3 * Coin);
        scene.Wallet.Before = method =>
        {
            if (method == "signrawtransactionwithwallet") scene.Freeze(HoldSubject.Account(alice, Alice)).GetAwaiter().GetResult();
        };
        await scene.Pay();
        scene.Wallet.Before = null;
        Assert.That(scene.Wallet.Sent, Is.Empty);
        Assert.That(await scene.Scalar<long>("SELECT count(*) FROM payout_transactions"), Is.Zero);
        await scene.Pay();
        await scene.Pay();
        await scene.Settle();
        Assert.That(scene.Paid(), Is.EqualTo(new Dictionary<string, long> { [Bob] = 3 * Coin }));
        await scene.AssertBooks();
    }

    [Test]
    public async Task What_changes_between_choosing_and_preparing_is_noticed()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, 2 * Coin);
        var pool = new PayoutPool(scene.Pool);
        var chosen = await scene.Store().Payable(pool, scene.Clock.GetUtcNow());
        PayoutLine[] lines = [.. chosen.Select(p => new PayoutLine(p.AccountId, p.Address!, p.Balance, 0))];
        await scene.Set(alice, Alice, new SettingsChange { IsPaused = true });
        Assert.That(await scene.Store().Prepare(pool, lines, scene.Clock.GetUtcNow()), Is.Null);
        await scene.Set(alice, Alice, new SettingsChange { IsPaused = false });
        Assert.That(
            await scene.Store().Prepare(pool, [lines[0] with { Address = TermsScene.Thief }], scene.Clock.GetUtcNow()), Is.Null);
        Assert.That(await scene.Store().Prepare(pool, lines, scene.Clock.GetUtcNow()), Is.Not.Null);
        Assert.That(await scene.Store().Prepare(pool, lines, scene.Clock.GetUtcNow()), Is.Null, "one at a time");
    }
}
