namespace Viddhana.Backoffice.Accounts;

/// <summary>A signed-in login, for the page.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Address, e-mail address or staff name.</param>
/// <param name="Kind">wallet, email, staff.</param>
/// <param name="Role">miner, support, operator, admin.</param>
/// <param name="SecondFactor">True: TOTP is in force.</param>
/// <param name="SecondFactorRequired">True: staff, which may change nothing before it has a second factor.</param>
public sealed record LoginAnswer(long Id, string Name, string Kind, string Role, bool SecondFactor, bool SecondFactorRequired);

/// <summary>A new access token; the refresh token comes as a cookie.</summary>
/// <param name="AccessToken">For <c>Authorization: Bearer</c>.</param>
/// <param name="ExpiresIn">Seconds.</param>
/// <param name="Login">Whose.</param>
public sealed record TokenAnswer(string AccessToken, int ExpiresIn, LoginAnswer Login);

/// <summary>A text to sign.</summary>
/// <param name="ChallengeId">To send back with the signature.</param>
/// <param name="Message">To sign, byte for byte.</param>
/// <param name="ExpiresAt">Until when.</param>
/// <param name="Formats">How the address can sign: bip137, bip322, eip191.</param>
public sealed record ChallengeAnswer(string ChallengeId, string Message, DateTimeOffset ExpiresAt, IReadOnlyList<string> Formats);

/// <summary>Something was done, in words.</summary>
/// <param name="Detail">A sentence.</param>
public sealed record DoneAnswer(string Detail);

/// <summary>Asks for a text to sign.</summary>
public sealed record ChallengeRequest(string? Address, string? Purpose, string? Detail);

/// <summary>Signs in with a signature.</summary>
public sealed record WalletRequest(string? ChallengeId, string? Signature, string? Code);

/// <summary>Makes an account with an e-mail address.</summary>
public sealed record RegisterRequest(string? Email, string? Password);

/// <summary>The token of a link in a mail.</summary>
public sealed record ConfirmRequest(string? Token);

/// <summary>Signs in with a password.</summary>
public sealed record LoginRequest(string? Name, string? Password, string? Code);

/// <summary>Asks for a link to a new password.</summary>
public sealed record ForgotRequest(string? Email);

/// <summary>Sets a new password.</summary>
public sealed record ResetRequest(string? Token, string? Password);
