using Viddhana.Backoffice.Payouts;

namespace Viddhana.Tests.Backoffice.Payouts;

/// <summary>Nothing is paid to a new address before its time, and nothing is paid twice because of one.</summary>
public sealed class AddressChangeTests
{
    private const string Alice = TermsScene.Alice;
    private const string Thief = TermsScene.Thief;
    private const long Coin = TermsScene.Coin;

    [Test]
    public async Task Until_the_delay_is_over_the_old_address_is_paid_and_afterwards_the_new_one()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, 3 * Coin);
        Assert.That(await scene.MoveTo(alice, Alice, Thief), Is.Null);

        scene.Clock.Advance(TimeSpan.FromHours(48) - TimeSpan.FromMilliseconds(1));
        Assert.That(await scene.Changes().ApplyDue(CancellationToken.None), Is.Zero);
        await scene.Pay();
        await scene.Settle();
        Assert.That(scene.Paid(), Is.EqualTo(new Dictionary<string, long> { [Alice] = 3 * Coin }));

        await scene.Owe(Alice, 2 * Coin);
        scene.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(await scene.Changes().ApplyDue(CancellationToken.None), Is.EqualTo(1));
        Assert.That(await scene.Changes().ApplyDue(CancellationToken.None), Is.Zero, "once");
        await scene.Pay();
        await scene.Settle();
        Assert.That(scene.Paid(), Is.EqualTo(new Dictionary<string, long> { [Alice] = 3 * Coin, [Thief] = 2 * Coin }));
        await scene.AssertBooks();
    }

    [Test]
    public async Task A_change_that_was_cancelled_never_comes_into_force()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, 3 * Coin);
        await scene.MoveTo(alice, Alice, Thief);
        scene.Clock.Advance(TimeSpan.FromHours(47));
        Assert.That(await scene.Cancel(alice), Is.True);
        Assert.That(await scene.Cancel(alice), Is.False, "there is nothing left to cancel");

        scene.Clock.Advance(TimeSpan.FromDays(30));
        await scene.Changes().ApplyDue(CancellationToken.None);
        await scene.Pay();
        Assert.That(scene.Paid().Keys, Is.EqualTo(new[] { Alice }));
        Assert.That(
            await scene.Scalar<string>("SELECT string_agg(action, ',' ORDER BY entry_id) FROM audit_entries"),
            Is.EqualTo("payout.settings.changed,payout.address.cancelled"));
    }

    [Test]
    public async Task The_code_in_the_notice_cancels_and_no_other_does()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, Coin);
        await scene.Scalar<long>(
            $"""
            INSERT INTO logins (kind, name, created_at) VALUES ('wallet', '{Alice}', now());
            INSERT INTO claims (login_id, account_id, how, claimed_at) SELECT login_id, {alice}, 'signature', now() FROM logins;
            """);
        await scene.MoveTo(alice, Alice, Thief);
        var code = await scene.Scalar<string>(
            "SELECT substring(array_to_string(lines, ' ') FROM 'Code to cancel: ([0-9a-f]{32})') FROM notice_events");
        Assert.That(await scene.Changes().CancelAsync(new string('0', 32), TermsScene.Operator, CancellationToken.None), Is.False);
        Assert.That(await scene.Changes().CancelAsync(code!, TermsScene.Operator, CancellationToken.None), Is.True);
        scene.Clock.Advance(TimeSpan.FromDays(3));
        Assert.That(await scene.Changes().ApplyDue(CancellationToken.None), Is.Zero);
    }

    [Test]
    public async Task A_second_change_cannot_shorten_the_first_ones_delay()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, Coin);
        await scene.MoveTo(alice, Alice, TermsScene.Bob);
        scene.Clock.Advance(TimeSpan.FromHours(47));
        Assert.That(await scene.MoveTo(alice, Alice, Thief), Is.EqualTo("change-waits"));
        await scene.Cancel(alice);
        Assert.That(await scene.MoveTo(alice, Alice, Thief), Is.Null);
        scene.Clock.Advance(TimeSpan.FromHours(2));
        Assert.That(await scene.Changes().ApplyDue(CancellationToken.None), Is.Zero, "its own 48 hours have begun anew");
    }

    [Test]
    public async Task The_address_of_a_frozen_account_does_not_change_however_old_the_wish()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, Coin);
        await scene.MoveTo(alice, Alice, Thief);
        await scene.Freeze(HoldSubject.Account(alice, Alice));
        scene.Clock.Advance(TimeSpan.FromDays(10));
        Assert.That(await scene.Changes().ApplyDue(CancellationToken.None), Is.Zero);
        await scene.Cancel(alice);
        await scene.Release(HoldSubject.Account(alice, Alice));
        await scene.Changes().ApplyDue(CancellationToken.None);
        await scene.Pay();
        Assert.That(scene.Paid().Keys, Is.EqualTo(new[] { Alice }));
    }

    [Test]
    public async Task The_first_address_of_an_account_without_credits_needs_no_delay_and_one_with_credits_does()
    {
        await using var scene = await TermsScene.New();
        var poor = await scene.Scalar<long>("INSERT INTO accounts (name) VALUES ('poor') RETURNING account_id");
        await scene.MoveTo(poor, "poor", Alice);
        Assert.That(await scene.Scalar<string>("SELECT address FROM payout_addresses"), Is.EqualTo(Alice));

        var rich = await scene.Owe("rich", Coin, TermsScene.Bob);
        await scene.Scalar<long>($"DELETE FROM payout_addresses WHERE account_id = {rich}");
        await scene.MoveTo(rich, "rich", Thief);
        await scene.Pay();
        Assert.That(scene.Paid(), Is.Empty);
        scene.Clock.Advance(TimeSpan.FromHours(48));
        await scene.Changes().ApplyDue(CancellationToken.None);
        await scene.Pay();
        Assert.That(scene.Paid().Keys, Is.EqualTo(new[] { Thief }));
    }

    /// <summary>The owner left the old address 48 hours ago: a payout that the wallet could not sign until now does not go there.</summary>
    [Test]
    public async Task A_payout_that_was_prepared_for_the_old_address_is_chosen_anew_when_the_new_one_is_in_force()
    {
        await using var scene = await TermsScene.New();
        var alice = await scene.Owe(Alice, 3 * Coin);
        var bob = await scene.Owe(TermsScene.Bob, 2 * Coin);
        await scene.MoveTo(alice, Alice, TermsScene.Carol);
        scene.Wallet.RefuseMethod = "fundrawtransaction";
        await scene.Pay();
        Assert.That((await scene.Newest())!.State, Is.EqualTo("prepared"));

        scene.Clock.Advance(TimeSpan.FromHours(48));
        await scene.Changes().ApplyDue(CancellationToken.None);
        scene.Wallet.RefuseMethod = null;
        await scene.Pay();
        Assert.That((await scene.Newest())!.State, Is.EqualTo("failed"), "given up before anything was signed");
        await scene.AssertBooks();
        await scene.Pay();
        await scene.Settle();
        Assert.That(
            scene.Paid(), Is.EqualTo(new Dictionary<string, long> { [TermsScene.Carol] = 3 * Coin, [TermsScene.Bob] = 2 * Coin }));
        Assert.That(scene.Wallet.Sent, Has.Count.EqualTo(1));
        Assert.That(await scene.Owed(TermsScene.Bob), Is.Zero, $"account {bob}");
        await scene.AssertBooks();
    }

    /// <summary>
    /// Wishes, cancellations, freezes, rounds, failing wallets and leaps of time in random order. What is signed goes to the address that
    /// was in force, never earlier than 48 hours after the wish; every coin goes out once.
    /// </summary>
    [Test]
    public async Task In_any_order_of_events_every_coin_goes_once_to_the_address_in_force([Range(1, 3)] int seed)
    {
        await using var scene = await TermsScene.New();
        var random = new Random(seed);
        string[] addresses = [Alice, TermsScene.Bob, TermsScene.Carol, Thief];
        var account = await scene.Owe(Alice, 2 * Coin);
        long owed = 2 * Coin;
        var (inForce, wish, wishedAt) = (Alice, (string?)null, scene.Clock.GetUtcNow());
        for (var step = 0; step < 60; step++)
        {
            var when = $"seed {seed}, step {step}";
            switch (random.Next(8))
            {
                case 0:
                    var next = addresses[random.Next(addresses.Length)];
                    var refusal = await scene.MoveTo(account, Alice, next);
                    Assert.That(refusal is null, Is.EqualTo(wish is null && next != inForce), when);
                    if (refusal is null) (wish, wishedAt) = (next, scene.Clock.GetUtcNow());
                    break;
                case 1 when random.Next(3) == 0:
                    Assert.That(await scene.Cancel(account), Is.EqualTo(wish is not null), when);
                    wish = null;
                    break;
                case 2:
                    scene.Clock.Advance(TimeSpan.FromHours(random.Next(1, 40)));
                    break;
                case 3:
                    await scene.Owe(Alice, Coin);
                    owed += Coin;
                    break;
                case 4:
                    scene.Wallet.RefuseMethod = random.Next(2) == 0 ? "fundrawtransaction" : null;
                    break;
                case 5:
                    await scene.Changes().ApplyDue(CancellationToken.None);
                    if (wish is not null && scene.Clock.GetUtcNow() - wishedAt >= TimeSpan.FromHours(48)) (inForce, wish) = (wish, null);
                    break;
                default:
                    var before = scene.Wallet.Sent.ToHashSet();
                    scene.Wallet.Confirm(random.Next(3));
                    await scene.Pay();
                    foreach (var sent in scene.Wallet.Sent.Except(before))
                        Assert.That(FakeWallet.Pays(sent).Keys.Where(key => key != "change"), Is.EqualTo(new[] { inForce }), when);
                    break;
            }
        }

        scene.Wallet.RefuseMethod = null;
        for (var round = 0; round < 4; round++) await scene.Settle();
        await scene.Settle();
        Assert.That(scene.Paid().Values.Sum() + await scene.Owed(Alice), Is.EqualTo(owed), $"seed {seed}");
        await scene.AssertBooks($"seed {seed}");
    }
}
