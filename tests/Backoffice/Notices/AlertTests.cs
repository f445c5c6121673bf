using Viddhana.Backoffice.Notices;

namespace Viddhana.Tests.Backoffice.Notices;

/// <summary>Owners hear of what matters once, not of what flaps, and nothing while the backoffice itself does not know.</summary>
public sealed class AlertTests
{
    private const double Work = 1e12;

    [Test]
    public async Task A_worker_that_falls_silent_is_told_off_once_and_back_once_when_it_has_lasted()
    {
        await using var scene = await NoticeScene.New();
        await Share(scene, "rig1");
        await scene.Rule("worker-off", minutes: 10);
        await Minutes(scene, 9);
        Assert.That(await scene.Titles(), Is.Empty);
        await Minutes(scene, 20);
        Assert.That(await scene.Titles(), Is.EqualTo(new[] { "Worker rig1 is off" }));

        // It flaps: a share now and then is no return.
        for (var i = 0; i < 3; i++)
        {
            await Share(scene, "rig1");
            await Minutes(scene, 11);
        }

        await Minutes(scene, 5);
        Assert.That(await scene.Titles(), Has.Count.EqualTo(1));
        for (var i = 0; i < 12; i++)
        {
            await Share(scene, "rig1");
            await Minutes(scene, 1);
        }

        Assert.That(await scene.Titles(), Is.EqualTo(new[] { "Worker rig1 is off", "Worker rig1 is back" }));
    }

    [Test]
    public async Task A_worker_that_flaps_is_told_once()
    {
        await using var scene = await NoticeScene.New();
        await Share(scene, "rig1");
        await scene.Rule("worker-off", minutes: 10);
        await Minutes(scene, 11);
        for (var i = 0; i < 10; i++)
        {
            await Share(scene, "rig1");
            // Well for less than its ten minutes, then silent again.
            await Minutes(scene, 5);
            await scene.Run("UPDATE workers SET last_share_ms = @NowMs - 660000");
            await Minutes(scene, 3);
        }

        Assert.That(await scene.Titles(), Is.EqualTo(new[] { "Worker rig1 is off" }));
    }

    [Test]
    public async Task Nobody_is_called_off_while_shares_have_not_arrived_yet()
    {
        await using var scene = await NoticeScene.New();
        await Share(scene, "rig1");
        await scene.Rule("worker-off", minutes: 10);
        for (var i = 0; i < 60; i++)
        {
            scene.Clock.Advance(TimeSpan.FromMinutes(1));
            await scene.Look();
        }

        Assert.That(await scene.Titles(), Is.Empty, "the journal ends where the worker's last share is");
        await Minutes(scene, 1);
        Assert.That(await scene.Titles(), Has.Count.EqualTo(1), "it has gone on without it");
    }

    [Test]
    public async Task Rigs_that_were_silent_before_the_rule_and_rigs_without_its_label_are_none_of_its_business()
    {
        await using var scene = await NoticeScene.New();
        await Share(scene, "old");
        await scene.Run("UPDATE workers SET last_share_ms = @NowMs - 86400000");
        await Share(scene, "rig1");
        await Share(scene, "rig2");
        await scene.Run("INSERT INTO worker_labels SELECT worker_id, 'Garage' FROM workers WHERE name = 'rig2'");
        await scene.Rule("worker-off", minutes: 10, label: "'Garage'");
        await Minutes(scene, 15);
        Assert.That(await scene.Titles(), Is.EqualTo(new[] { "Worker Garage (rig2) is off" }));
    }

    [Test]
    public async Task Ten_thousand_workers_that_go_off_at_once_make_one_notice()
    {
        await using var scene = await NoticeScene.New();
        await Share(scene, "rig0");
        await scene.Run(
            "INSERT INTO workers (account_id, name, last_share_ms) SELECT @AccountId, 'w' || g, @NowMs FROM generate_series(1, 9999) g");
        await scene.Rule("worker-off", minutes: 10);
        await Minutes(scene, 11);
        Assert.That(await scene.Titles(), Is.EqualTo(new[] { "10000 workers are off" }));
        Assert.That(
            await scene.Scalar<string>("SELECT lines[array_length(lines, 1)] FROM notice_events"),
            Is.EqualTo($"and {10_000 - Alerts.NamesMax} more"));
    }

    [Test]
    public async Task A_worker_at_half_its_own_day_is_told_low_when_it_lasts_and_well_when_that_lasts()
    {
        await using var scene = await NoticeScene.New();
        await Share(scene, "rig1");
        await scene.Rule("worker-low", minutes: 15, percent: 60);
        await Mine(scene, minutes: 120, shares: 6);
        Assert.That(await scene.Titles(), Is.Empty);

        await Mine(scene, minutes: 12, shares: 1);
        await Mine(scene, minutes: 20, shares: 6);
        Assert.That(await scene.Titles(), Is.Empty, "it was low for a moment only");

        await Mine(scene, minutes: 50, shares: 2);
        Assert.That(await scene.Titles(), Is.EqualTo(new[] { "Worker rig1 runs low" }));
        await Mine(scene, minutes: 60, shares: 6);
        Assert.That(await scene.Titles(), Is.EqualTo(new[] { "Worker rig1 runs low", "Worker rig1 is at its usual rate" }));
    }

    [Test]
    public async Task A_worker_with_few_shares_is_not_called_low_for_its_bad_luck()
    {
        await using var scene = await NoticeScene.New();
        await Share(scene, "rig1");
        await scene.Rule("worker-low", minutes: 5, percent: 60);
        for (var i = 0; i < 8; i++)
        {
            await Mine(scene, minutes: 15, shares: 1);
            await Mine(scene, minutes: 15, shares: 0);
        }

        Assert.That(await scene.Titles(), Is.Empty);
    }

    [Test]
    public async Task Blocks_and_payouts_of_an_account_are_told_once_across_restarts_and_reorganisations()
    {
        await using var scene = await NoticeScene.New();
        await Share(scene, "rig1");
        await scene.Rule("block-found");
        await scene.Rule("payout-sent");
        scene.Clock.Advance(TimeSpan.FromMinutes(1));
        await scene.Run(
            """
            INSERT INTO blocks (pool_id, hash, height, prev_hash, coinbase_txid, reward, network_work, account_id, worker_id, source_id,
                share_sequence, share_ms, share_work, scheme, fee_ppm, window_ten_thousandths, effort_work, state, found_at, changed_at)
            SELECT pool_id, repeat('a', 64), 101, '', '', 5000000000, 1, @AccountId, (SELECT max(worker_id) FROM workers), 1, 1, 1,
                1, 'pplns', 0, 1, 1, 'immature', @Now, @Now FROM pools;
            INSERT INTO block_credits SELECT block_id, @AccountId, 1, 4950000000 FROM blocks;
            INSERT INTO payouts (pool_id, marker, fee_from, total, state, txid, sent_at)
                SELECT pool_id, 'm', 'pool', 7, 'broadcast', 'tx', @Now FROM pools;
            INSERT INTO payout_lines (payout_id, account_id, address, amount) SELECT payout_id, @AccountId, 'addr', 700000000 FROM payouts;
            """);
        await scene.Look();
        await scene.Run("UPDATE blocks SET state = 'orphaned'");
        await scene.Look();
        await scene.Run("UPDATE blocks SET state = 'confirmed'; UPDATE payouts SET state = 'confirmed'");
        await scene.Look();
        Assert.That(await scene.Titles(), Is.EqualTo(new[] { "main: block 101 found", "main: 7.00000000 BTC sent" }));
    }

    [Test]
    public async Task A_new_best_share_of_all_time_is_told_and_what_was_known_before_the_rule_is_not()
    {
        await using var scene = await NoticeScene.New();
        await Share(scene, "rig1");
        await Best(scene, 1e12);
        await scene.Rule("best-share");
        await scene.Look();
        await scene.Look();
        Assert.That(await scene.Titles(), Is.Empty);
        await Best(scene, 2 * 4_295_032_833e3);
        await scene.Look();
        await Best(scene, 3 * 4_295_032_833e3);
        await scene.Look();
        Assert.That(await scene.Titles(), Is.EqualTo(new[] { "main: your best share ever, difficulty 2,000" }));
        scene.Clock.Advance(TimeSpan.FromMinutes(61));
        await scene.Look();
        await scene.Look();
        Assert.That((await scene.Titles())[^1], Is.EqualTo("main: your best share ever, difficulty 3,000"));
        Assert.That(await scene.Titles(), Has.Count.EqualTo(2));
    }

    private static Task Best(NoticeScene scene, double work) => scene.Run(
        $"""
        DELETE FROM best_shares;
        INSERT INTO best_shares (pool_id, worker_id, account_id, work, at_ms)
        SELECT p.pool_id, w.worker_id, @AccountId, {work:F0}, @NowMs FROM pools p, workers w
        """);

    /// <summary>A share of a rig now; the engine's journal is known up to now.</summary>
    private static Task Share(NoticeScene scene, string worker) => scene.Run(
        $"""
        INSERT INTO sources (engine_id, epoch) VALUES (0, repeat('0', 16)) ON CONFLICT DO NOTHING;
        UPDATE sources SET last_time_ms = @NowMs;
        INSERT INTO workers (account_id, name, last_share_ms) VALUES (@AccountId, '{worker}', @NowMs)
        ON CONFLICT (account_id, name) DO UPDATE SET last_share_ms = excluded.last_share_ms
        """);

    /// <summary>Minutes in which the journal goes on, with a look at each.</summary>
    private static async Task Minutes(NoticeScene scene, int minutes)
    {
        for (var i = 0; i < minutes; i++)
        {
            scene.Clock.Advance(TimeSpan.FromMinutes(1));
            await scene.Run("UPDATE sources SET last_time_ms = @NowMs");
            await scene.Look();
        }
    }

    /// <summary>Minutes in which all rigs send so many shares each, as whole slices.</summary>
    private static async Task Mine(NoticeScene scene, int minutes, int shares)
    {
        for (var i = 0; i < minutes; i++)
        {
            if (shares > 0)
                await scene.Run(
                    $"""
                    INSERT INTO share_slices (pool_id, slice_ms, length_ms, account_id, worker_id, work, shares)
                    SELECT p.pool_id, @NowMs, 60000, @AccountId, w.worker_id, {Work:F0}, {shares} FROM pools p, workers w;
                    UPDATE workers SET last_share_ms = @NowMs + 59000
                    """);
            scene.Clock.Advance(TimeSpan.FromMinutes(1));
            await scene.Run("UPDATE sources SET last_time_ms = @NowMs");
            await scene.Look();
        }
    }
}
