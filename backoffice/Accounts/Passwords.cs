using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Viddhana.Backoffice.Accounts;

/// <summary>More people wait for something dear than will get it soon: 503, try again.</summary>
internal sealed class BusyException() : TimeoutException("busy: too much of this is asked for at once");

/// <summary>
/// Passwords: ASP.NET's hasher (PBKDF2-HMAC-SHA-512), and what may be one. Half of the processors at most are at it: a storm of sign-ins
/// from many addresses leaves the rest of the pool its own.
/// </summary>
internal sealed class Passwords
{
    /// <summary>Characters of a password.</summary>
    public const int LengthMin = 10;

    /// <summary>Characters of a password: hashing must not be made dear by whoever sends it.</summary>
    public const int LengthMax = 200;

    /// <summary>OWASP's figure for PBKDF2-HMAC-SHA-512 of 2023 is 210,000.</summary>
    private const int Iterations = 210_000;

    private static readonly object Nobody = new();

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly SemaphoreSlim Slots = new(Math.Max(1, Environment.ProcessorCount / 2));

    private readonly PasswordHasher<object> _hasher;
    private readonly string _none;

    public Passwords()
        : this(Iterations)
    {
    }

    /// <summary>With another cost: tests hash a lot.</summary>
    internal Passwords(int iterations)
    {
        _hasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));
        _none = Hash(Guid.NewGuid().ToString());
    }

    /// <summary>The hash to store.</summary>
    public string Hash(string password) => _hasher.HashPassword(Nobody, password);

    /// <summary>The same for a request, which waits for its turn.</summary>
    /// <exception cref="BusyException">Its turn does not come.</exception>
    public Task<string> HashAsync(string password, CancellationToken cancel) => InTurnAsync(() => Hash(password), cancel);

    /// <summary>
    /// True for the right password. Without a hash the same work is done and the answer is no: the time tells nothing about who exists.
    /// </summary>
    /// <exception cref="BusyException">Its turn does not come.</exception>
    public Task<bool> IsRightAsync(string? hash, string? password, CancellationToken cancel) =>
        InTurnAsync(() => IsRight(hash, password), cancel);

    /// <summary>What is wrong with a new password, or null.</summary>
    /// <param name="password">The password.</param>
    /// <param name="name">The login's name: a password that holds it is the first that is tried.</param>
    public static string? Problem(string? password, string name)
    {
        if (password is null || password.Length is < LengthMin or > LengthMax)
            return $"a password has {LengthMin} to {LengthMax} characters";
        var local = name.Split('@')[0];
        if (local.Length >= 3 && password.Contains(local, StringComparison.OrdinalIgnoreCase))
            return "a password must not hold the name it belongs to";
        return password.Distinct().Count() < 5 ? "a password needs at least 5 different characters" : null;
    }

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancel)
    {
        if (!await Slots.WaitAsync(Patience, cancel)) throw new BusyException();
        try
        {
            return work();
        }
        finally
        {
            Slots.Release();
        }
    }

    private bool IsRight(string? hash, string? password)
    {
        var given = password is { Length: <= LengthMax } ? password : "";
        var verdict = _hasher.VerifyHashedPassword(Nobody, hash ?? _none, given);
        return verdict != PasswordVerificationResult.Failed && hash is not null && given.Length > 0;
    }
}
