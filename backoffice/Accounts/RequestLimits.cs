using System.Globalization;
using System.Net;
using Viddhana.Backoffice.Pools;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// Requests a minute of an address and of a login: a bucket each, that fills evenly and holds one minute's worth. Who goes on asking while
/// it is empty waits longer each time: 2, 4, 8 … up to 64 seconds after the bucket would allow it again.
/// </summary>
internal sealed class RequestLimits(ViddhanaConfig config, TimeProvider time)
{
    private const int SubjectsMax = 200_000;
    private const int PenaltyMax = 6;

    /// <summary>Refusals in a row that cost nothing but the wait: a page's requests come all at once.</summary>
    private const int FreeRefusals = 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly IPNetwork[] _unlimited = AddressRange.ParseAll(config.Backoffice.Access.UnlimitedFrom);

    private sealed class Bucket
    {
        public double Tokens;
        public DateTimeOffset At;
        public DateTimeOffset Until;
        public int Refusals;
    }

    /// <summary>Takes one request of an address; how long to wait if there is none left.</summary>
    public TimeSpan? Take(IPAddress address) => IsUnlimited(address)
        ? null
        : Take($"place:{SignIns.Place(address)}", config.Backoffice.Access.RequestsPerMinute);

    /// <summary>Takes one request of a login.</summary>
    public TimeSpan? Take(long loginId) => Take($"login:{loginId}", config.Backoffice.Access.RequestsPerMinuteSignedIn);

    /// <summary>The answer to who asks too often.</summary>
    public static IResult Refuse(HttpContext context, TimeSpan wait)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.CacheControl = "no-store";
        return Problems.Of(429, "rate-limited", $"too many requests: try again in {seconds} s");
    }

    private bool IsUnlimited(IPAddress address) => Array.Exists(_unlimited, range => range.Contains(address));

    private TimeSpan? Take(string subject, int perMinute)
    {
        if (perMinute == 0) return null;
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (!_buckets.TryGetValue(subject, out var bucket))
            {
                if (_buckets.Count >= SubjectsMax) Forget(now);
                _buckets.Add(subject, bucket = new Bucket { Tokens = perMinute, At = now });
            }

            bucket.Tokens = Math.Min(perMinute, bucket.Tokens + (Math.Max(0, (now - bucket.At).TotalSeconds) * perMinute / 60));
            bucket.At = now;
            if (bucket.Tokens >= 1 && now >= bucket.Until)
            {
                bucket.Tokens--;
                if (bucket.Tokens > perMinute / 2.0) bucket.Refusals = 0;
                return null;
            }

            return Refused(bucket, now, perMinute);
        }
    }

    private static TimeSpan Refused(Bucket bucket, DateTimeOffset now, int perMinute)
    {
        bucket.Refusals++;
        var refill = now + TimeSpan.FromSeconds(Math.Max(0, 1 - bucket.Tokens) * 60 / perMinute);
        var penalty = Math.Min(PenaltyMax, (bucket.Refusals - 1) / FreeRefusals);
        if (penalty > 0 && bucket.Refusals % FreeRefusals == 1) bucket.Until = refill + TimeSpan.FromSeconds(1 << penalty);
        return (refill > bucket.Until ? refill : bucket.Until) - now;
    }

    /// <summary>What is idle is full by now and says nothing. Where all are in use all go: better forgotten than growing.</summary>
    private void Forget(DateTimeOffset now)
    {
        foreach (var (subject, bucket) in _buckets)
            if (now - bucket.At > TimeSpan.FromMinutes(2)) _buckets.Remove(subject);
        if (_buckets.Count >= SubjectsMax) _buckets.Clear();
    }
}
