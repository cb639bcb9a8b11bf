"""The Asterisk modules this product loads: an allow-list, each group with its reason.

Nothing else is loaded, and the private installation deletes what is not listed. Besides start-up time this
keeps every other way to start a call out of the process: no call files (pbx_spool), none from the console or
from within the dialplan, no shell (app_system, func_shell), no call transfer by a phone (res_pjsip_refer), no
text messages (res_pjsip_messaging).
"""

from __future__ import annotations

_CORE = (
    "pbx_config",  # the dialplan
    "res_timing_timerfd",
    "res_musiconhold",  # a debtor on hold
    "res_mutestream",  # AMI MuteAudio
    "res_crypto",
)
_BRIDGES = (
    "bridge_simple",
    "bridge_native_rtp",
    "bridge_softmix",  # the taps' mixing bridges, conferences
    "bridge_holding",
    "bridge_builtin_features",  # Dial and AMI Bridge want it present
)
_SIP = (
    "res_pjproject",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",  # registrations survive a restart
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_sdp_rtp",
    "res_pjsip_registrar",
    "res_pjsip_authenticator_digest",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration",  # carriers that want a registration
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_caller_id",
    "res_pjsip_nat",
    "res_pjsip_acl",
    "res_pjsip_dtmf_info",
    "res_pjsip_rfc3326",  # Q.850 causes in Reason headers, both ways
    "res_pjsip_header_funcs",
    "res_pjsip_dlg_options",
    "res_pjsip_logger",  # `pjsip set logger on`, to look into a carrier's answers
    "res_pjsip_pubsub",  # chan_pjsip refuses to load without it
    "chan_pjsip",
    "func_pjsip_endpoint",
    "func_pjsip_aor",
    "func_pjsip_contact",
    "res_rtp_asterisk",
    "res_srtp",
)
_AUDIO = (
    "codec_ulaw",
    "codec_alaw",
    "codec_a_mu",
    "codec_g722",
    "codec_resample",
    "format_wav",  # recordings: wav16
    "format_sln",
    "format_pcm",
    "res_audiosocket",
    "chan_audiosocket",  # practice legs and taps
    "app_audiosocket",
)
_ARI = (
    "res_http_websocket",
    "res_websocket_client",  # linked by res_ari since 22.5
    "res_stasis",
    "res_stasis_answer",
    "res_stasis_snoop",  # the taps
    "res_stasis_playback",  # linked by res_ari_bridges and res_ari_channels
    "res_stasis_recording",  # likewise
    "app_stasis",
    "res_ari",
    "res_ari_model",
    "res_ari_events",
    "res_ari_applications",
    "res_ari_asterisk",
    "res_ari_bridges",
    "res_ari_channels",
)
_APPLICATIONS = (
    "app_dial",
    "app_mixmonitor",
    "app_userevent",
    "app_verbose",
    "app_stack",
    "app_if",
    "app_while",
    "app_exec",  # ExecIf
    "app_echo",
    "app_playback",
    "app_playtones",
    "app_milliwatt",  # a test tone
    "app_read",
    "app_senddtmf",  # AMI PlayDTMF
    "app_bridgewait",
    "app_chanspy",  # supervisors
    "app_confbridge",  # supervisors
    "app_waitforsilence",  # after the tone of an answering machine
)
_FUNCTIONS = (
    "func_base64",
    "func_callerid",
    "func_cdr",
    "func_channel",
    "func_cut",
    "func_dialplan",
    "func_export",
    "func_global",
    "func_groupcount",
    "func_hangupcause",
    "func_jitterbuffer",
    "func_json",
    "func_logic",
    "func_math",
    "func_md5",
    "func_rand",
    "func_sha1",
    "func_sprintf",
    "func_strings",
    "func_talkdetect",
    "func_timeout",
    "func_uri",
    "func_uuid",
    "func_volume",
)

MODULES: tuple[str, ...] = (*_CORE, *_BRIDGES, *_SIP, *_AUDIO, *_ARI, *_APPLICATIONS, *_FUNCTIONS)
"""Names without ``.so``, in no particular order: Asterisk sorts by dependency itself."""

ESSENTIAL: tuple[str, ...] = (
    "chan_pjsip",
    "chan_audiosocket",
    "app_mixmonitor",
    "res_stasis_snoop",
    "res_ari_channels",
)
"""A system Asterisk without these (packages split differently) cannot serve us."""
