using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Dapper;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Notices;

/// <summary>A channel of a login.</summary>
internal sealed record NoticeChannel
{
    public long ChannelId { get; init; }

    public long LoginId { get; init; }

    public string Kind { get; init; } = "";

    public string Name { get; init; } = "";

    public string Target { get; init; } = "";

    public string? Secret { get; init; }

    public int DigestMinutes { get; init; }

    public DateTime? VerifiedAt { get; init; }

    public DateTime? CodeSentAt { get; init; }

    public int Failures { get; init; }

    public string? LastError { get; init; }

    public DateTime? LastSentAt { get; init; }

    public DateTime CreatedAt { get; init; }

    public string State => VerifiedAt is null ? "unverified" : Failures > 0 ? "failing" : "ok";

    /// <summary>As people know it, without the part that lets one write there.</summary>
    public string Shown => Kind switch
    {
        "discord" => $"webhook {Target.Split('/')[0]}",
        "webhook" => new Uri(Target) is var url ? $"{url.Scheme}://{url.Authority}{(url.PathAndQuery.Length > 1 ? "/…" : "")}" : "",
        _ => Target,
    };
}

/// <summary>
/// Channels and their proof: nothing is sent to one before somebody who reads there has given back the code that was sent to it. So nobody
/// can have another's mailbox or chat flooded by a pool.
/// </summary>
internal sealed partial class ChannelBook(
    NpgsqlDataSource database, NoticeSenders senders, IMailer mails, AuditLog audit, TimeProvider time, bool allowPrivate)
{
    /// <summary>Channels of a login.</summary>
    public const int ChannelsMax = 10;

    /// <summary>Made by a login in a day, removed ones too.</summary>
    private const int MadeADayMax = 20;

    private const int TriesMax = 5;

    private static readonly TimeSpan CodeTime = TimeSpan.FromHours(1);
    private static readonly TimeSpan CodePause = TimeSpan.FromMinutes(1);

    private const string Columns =
        """
        channel_id, login_id, kind, name, target, secret, digest_minutes, verified_at, code_sent_at, failures, last_error, last_sent_at,
        created_at FROM notice_channels
        """;

    public IReadOnlyList<string> Kinds => senders.Kinds;

    public async Task<List<NoticeChannel>> OfAsync(long loginId)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<NoticeChannel>(
            $"SELECT {Columns} WHERE login_id = @loginId AND removed_at IS NULL ORDER BY channel_id", new { loginId })];
    }

    /// <summary>A channel of the login; null if it is not there or another's.</summary>
    public async Task<NoticeChannel?> FindAsync(long loginId, long channelId)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<NoticeChannel>(
            $"SELECT {Columns} WHERE channel_id = @channelId AND login_id = @loginId AND removed_at IS NULL", new { loginId, channelId });
    }

    /// <summary>Makes one; null if the login has too many, or has made too many today.</summary>
    public Task<NoticeChannel?> AddAsync(
        long loginId, string kind, string name, string target, int digestMinutes, AuditActor actor, CancellationToken cancel) =>
        database.InTransactionAsync(
            async connection =>
            {
                var now = time.GetUtcNow();
                await connection.ExecuteAsync(
                    "SELECT pg_advisory_xact_lock(hashtext('notice_channels'), @key)", new { key = (int)loginId });
                var (living, made) = await connection.QuerySingleAsync<(long Living, long Made)>(
                    """
                    SELECT count(*) FILTER (WHERE removed_at IS NULL), count(*) FILTER (WHERE created_at > @since)
                    FROM notice_channels WHERE login_id = @loginId
                    """,
                    new { loginId, since = now.AddDays(-1) });
                if (living >= ChannelsMax || made >= MadeADayMax) return null;

                var secret = kind == "webhook" ? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) : null;
                var channel = await connection.QuerySingleAsync<NoticeChannel>(
                    """
                    INSERT INTO notice_channels (login_id, kind, name, target, secret, digest_minutes, created_at)
                    VALUES (@loginId, @kind, @name, @target, @secret, @digestMinutes, @now)
                    RETURNING channel_id, login_id, kind, name, target, secret, digest_minutes, created_at
                    """,
                    new { loginId, kind, name, target, secret, digestMinutes, now });
                await Tell(connection, actor, "added", channel, cancel);
                return channel;
            },
            cancel);

    /// <summary>
    /// Sends a fresh code; the one before is worth nothing any more. Null when it is on its way; else what came instead, or
    /// <c>too-soon</c>.
    /// </summary>
    public async Task<string?> SendCodeAsync(NoticeChannel channel, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var code = RandomNumberGenerator.GetInt32(100_000_000).ToString("D8", CultureInfo.InvariantCulture);
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            var changed = await connection.ExecuteAsync(
                """
                UPDATE notice_channels SET code_hash = @hash, code_until = @until, code_tries = 0, code_sent_at = @now
                WHERE channel_id = @ChannelId AND (code_sent_at IS NULL OR code_sent_at <= @before)
                """,
                new { channel.ChannelId, hash = HashOf(channel.ChannelId, code), until = now + CodeTime, now, before = now - CodePause });
            if (changed == 0) return "too-soon";
        }

        const string Title = "Code for notices of your mining account";
        string[] lines = [$"Code: {code}", "Enter it within an hour. If you did not ask for it, do nothing."];
        if (channel.Kind == "email")
        {
            await mails.QueueAsync(new Mail(channel.Target, Title, string.Join('\n', lines)), cancel);
            return null;
        }

        var item = new NoticeItem { Kind = "verify", Title = Title, Lines = lines, CreatedAt = now.UtcDateTime };
        var message = new NoticeMessage(Guid.NewGuid().ToString("n"), [item]);
        var result = await senders.Send(new NoticeTarget(channel.Kind, channel.Target, channel.Secret), message, cancel);
        return result.Outcome == Delivery.Sent ? null : result.Reason;
    }

    /// <summary>Takes the code back; true if the channel may be used from now on.</summary>
    public async Task<bool> VerifyAsync(NoticeChannel channel, string code, AuditActor actor, CancellationToken cancel) =>
        await database.InTransactionAsync(
            async connection =>
            {
                var now = time.GetUtcNow();
                // The try is counted whether or not the code is right, and before it is known.
                var hash = await connection.ExecuteScalarAsync<byte[]?>(
                    """
                    UPDATE notice_channels SET code_tries = code_tries + 1
                    WHERE channel_id = @ChannelId AND code_tries < @TriesMax AND code_until > @now RETURNING code_hash
                    """,
                    new { channel.ChannelId, TriesMax, now });
                if (hash is null || !CryptographicOperations.FixedTimeEquals(hash, HashOf(channel.ChannelId, code))) return false;

                await connection.ExecuteAsync(
                    """
                    UPDATE notice_channels SET verified_at = coalesce(verified_at, @now), code_hash = NULL, code_until = NULL
                    WHERE channel_id = @ChannelId
                    """,
                    new { channel.ChannelId, now });
                await Tell(connection, actor, "verified", channel, cancel);
                return true;
            },
            cancel);

    public async Task ChangeAsync(long channelId, string? name, int? digestMinutes)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            UPDATE notice_channels SET name = coalesce(@name, name), digest_minutes = coalesce(@digestMinutes, digest_minutes)
            WHERE channel_id = @channelId
            """,
            new { channelId, name, digestMinutes });
    }

    /// <summary>Removes it. What waits for it is dropped, but what warns of another payout address.</summary>
    public Task<bool> RemoveAsync(NoticeChannel channel, AuditActor actor, CancellationToken cancel) => database.InTransactionAsync(
        async connection =>
        {
            await connection.ExecuteAsync(
                "UPDATE notice_channels SET removed_at = @now WHERE channel_id = @ChannelId AND removed_at IS NULL",
                new { channel.ChannelId, now = time.GetUtcNow() });
            await connection.ExecuteAsync(
                """
                UPDATE notice_outbox o SET state = 'given-up' FROM notice_events e
                WHERE o.channel_id = @ChannelId AND o.state = 'waiting' AND e.event_id = o.event_id AND e.kind NOT LIKE 'address-%'
                """,
                new { channel.ChannelId });
            await Tell(connection, actor, "removed", channel, cancel);
            return true;
        },
        cancel);

    /// <summary>A notice for this channel alone, by the way of all others.</summary>
    public Task<bool> TestAsync(NoticeChannel channel, CancellationToken cancel) => database.InTransactionAsync(
        async connection =>
        {
            var now = time.GetUtcNow();
            await connection.ExecuteAsync(
                """
                WITH e AS (
                    INSERT INTO notice_events (login_id, kind, event_key, title, lines, created_at)
                    VALUES (@LoginId, 'test', @key, 'This channel works', @lines, @now) ON CONFLICT DO NOTHING RETURNING event_id)
                INSERT INTO notice_outbox (channel_id, event_id, due_at) SELECT @ChannelId, event_id, @now FROM e
                """,
                new
                {
                    channel.LoginId,
                    channel.ChannelId,
                    key = $"test:{channel.ChannelId}:{now.ToUnixTimeSeconds() / 60}",
                    lines = new[] { "You asked for this notice." },
                    now,
                });
            return true;
        },
        cancel);

    /// <summary>What a miner gave as target, as it is stored; null where it cannot be one.</summary>
    public string? Normalize(string kind, string target) => kind switch
    {
        "email" => EmailAddress.IsValid(target) ? target : null,
        "telegram" => ChatId().IsMatch(target) ? target : null,
        "discord" => DiscordHook().Match(target) is { Success: true } match ? $"{match.Groups[1].Value}/{match.Groups[2].Value}" : null,
        "webhook" => IsHook(target) ? target : null,
        _ => null,
    };

    /// <summary>For messages: what a target of a kind looks like.</summary>
    public static string Example(string kind) => kind switch
    {
        "email" => "an address: name@example.com",
        "telegram" => "the number of a chat: 123456789, or @channel; write to the pool's bot first",
        "discord" => "a webhook of a channel: https://discord.com/api/webhooks/ID/TOKEN",
        _ => "an https URL of at most 1000 characters, without a name and password in it",
    };

    private bool IsHook(string target) =>
        target.Length <= 1_000 && target.All(c => c is > ' ' and <= '~')
        && Uri.TryCreate(target, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && url.Fragment.Length == 0
        && (url.Scheme == "https" || (allowPrivate && url.Scheme == "http"));

    private static byte[] HashOf(long channelId, string code) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{channelId}:{code}")));

    private Task<long> Tell(
        NpgsqlConnection connection, AuditActor actor, string what, NoticeChannel channel, CancellationToken cancel) =>
        audit.AppendAsync(
            connection, actor, $"notices.channel.{what}", $"{channel.ChannelId}", new { channel.Kind, target = channel.Shown }, cancel);

    [GeneratedRegex(@"^(-?[0-9]{1,16}|@[A-Za-z][A-Za-z0-9_]{4,31})\z", RegexOptions.CultureInvariant)]
    private static partial Regex ChatId();

    [GeneratedRegex(
        @"^https?://[A-Za-z0-9.:-]+/api/webhooks/([0-9]{5,25})/([A-Za-z0-9_-]{20,100})\z", RegexOptions.CultureInvariant)]
    private static partial Regex DiscordHook();
}
