-- Who may sign in, what they own, and every secret of theirs as a hash. Times are set by the program, never by the server's clock.

-- wallet: signs with an address, which is its name. email: its name is the e-mail address in small letters. staff: made by an admin.
CREATE TABLE logins (
    login_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text COLLATE "C" NOT NULL CHECK (kind IN ('wallet', 'email', 'staff')),
    name            text COLLATE "C" NOT NULL,
    role            text COLLATE "C" NOT NULL DEFAULT 'miner' CHECK (role IN ('miner', 'support', 'operator', 'admin')),
    password_hash   text COLLATE "C",               -- PBKDF2 as ASP.NET's PasswordHasher writes it; null: wallet
    confirmed_at    timestamptz,                    -- e-mail: when its owner followed the link; null: may not sign in yet
    is_locked       boolean NOT NULL DEFAULT false, -- by an admin: may not sign in, its sessions and keys are dead
    totp_secret     bytea,                          -- sealed with a key of the data directory; null: none
    totp_enabled_at timestamptz,                    -- null: offered, not proven yet
    totp_last_step  bigint NOT NULL DEFAULT 0,      -- newest time step that was used: a code is good once
    created_at      timestamptz NOT NULL,
    last_seen_at    timestamptz,
    UNIQUE (kind, name),
    CHECK ((kind = 'wallet') = (password_hash IS NULL))
);

-- A login's accounts. signature: the account's name is an address, and the login has signed with it (several logins may have).
-- made: a stratum name that the login made for itself: its alone.
CREATE TABLE claims (
    login_id    bigint NOT NULL REFERENCES logins,
    account_id  bigint NOT NULL REFERENCES accounts,
    how         text COLLATE "C" NOT NULL CHECK (how IN ('signature', 'made')),
    claimed_at  timestamptz NOT NULL,
    PRIMARY KEY (login_id, account_id)
);
CREATE INDEX claims_account ON claims (account_id);
CREATE UNIQUE INDEX claims_made ON claims (account_id) WHERE how = 'made';

-- A sign-in on a device: a family of refresh tokens of which only the newest works.
CREATE TABLE sessions (
    session_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login_id      bigint NOT NULL REFERENCES logins,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,             -- of its newest refresh token
    ended_at      timestamptz,
    end_reason    text COLLATE "C",                 -- logout, revoked, reused, password, locked
    address       text COLLATE "C" NOT NULL,        -- of the last use
    user_agent    text NOT NULL                     -- at most 200 characters, as sent
);
CREATE INDEX sessions_login ON sessions (login_id, session_id);

CREATE TABLE refresh_tokens (
    token_hash  bytea PRIMARY KEY,                  -- SHA-256 of 256 random bits
    session_id  bigint NOT NULL REFERENCES sessions ON DELETE CASCADE,
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz                         -- seen again after this: stolen, the session ends
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE TABLE api_keys (
    key_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login_id     bigint NOT NULL REFERENCES logins,
    name         text NOT NULL,
    prefix       text COLLATE "C" NOT NULL,         -- the first characters, to know it by
    secret_hash  bytea NOT NULL UNIQUE,             -- SHA-256 of the whole key, which holds 256 random bits
    scopes       int NOT NULL CHECK (scopes BETWEEN 1 AND 3),   -- 1 read, 2 write
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,                       -- null: never
    last_used_at timestamptz,                       -- to the minute
    revoked_at   timestamptz
);
CREATE INDEX api_keys_login ON api_keys (login_id, key_id);

-- For a lost authenticator: each good once.
CREATE TABLE backup_codes (
    login_id   bigint NOT NULL REFERENCES logins,
    code_hash  bytea NOT NULL,                      -- HMAC-SHA-256 with a key of the data directory
    used_at    timestamptz,
    PRIMARY KEY (login_id, code_hash)
);

-- Texts that a wallet is asked to sign.
CREATE TABLE challenges (
    challenge_id text COLLATE "C" PRIMARY KEY,      -- 128 random bits
    address      text COLLATE "C" NOT NULL,
    purpose      text COLLATE "C" NOT NULL CHECK (purpose IN ('login', 'claim', 'payout-settings')),
    detail       text COLLATE "C" NOT NULL,         -- what exactly is allowed by the signature; '' for login and claim
    message      text COLLATE "C" NOT NULL,         -- signed byte for byte; names the domain, the time it ends and the id
    expires_at   timestamptz NOT NULL,
    tries        int NOT NULL DEFAULT 0,
    used_at      timestamptz
);
CREATE INDEX challenges_expiry ON challenges (expires_at);

-- Links sent by e-mail: each good once.
CREATE TABLE mail_tokens (
    token_hash  bytea PRIMARY KEY,                  -- SHA-256 of 256 random bits
    login_id    bigint NOT NULL REFERENCES logins,
    purpose     text COLLATE "C" NOT NULL CHECK (purpose IN ('confirm', 'reset')),
    password_hash text COLLATE "C",                 -- confirm: the password given when this link was asked for
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX mail_tokens_login ON mail_tokens (login_id);
